import { createAuthorizer } from '../auth/authorizer.ts';
import type { CredentialSource } from '../credentials/credential.ts';
import type { Timeouts } from '../http/message.ts';
import { defaultPatience, type Patience } from '../http/retry.ts';
import { createTransport } from '../http/transport.ts';
import type { Registries } from '../registries/endpoint.ts';
import type { ClientContext } from './context.ts';
import { createAskEndpoint } from './endpoint-session.ts';
import { logIn } from './login.ts';
import { openRepository } from './open-repository.ts';
import { askJson } from './registry-json.ts';
import type { RegistryClient } from './repository.ts';
import { createServerMemory } from './server-memory.ts';

export interface RegistryClientDeps {
  readonly registries: Registries;
  readonly credentials: CredentialSource;
  /** Proxies are read from it: HTTP_PROXY, HTTPS_PROXY, NO_PROXY, in either case. */
  readonly env: NodeJS.ProcessEnv;
  /** What `User-Agent` says: `lamella/0.1.0`. */
  readonly userAgent: string;
  readonly patience?: Partial<Patience>;
  readonly timeouts?: Partial<Timeouts>;
}

/** Opens repositories of registries over one set of connections and tokens. */
export function createRegistryClient(deps: RegistryClientDeps): RegistryClient {
  const { registries, credentials, env, userAgent, timeouts } = deps;
  const transport = createTransport({ env, userAgent, timeouts });
  const authorizer = createAuthorizer(transport, credentials);
  const context: ClientContext = {
    registries,
    transport,
    authorizer,
    ask: createAskEndpoint(transport, authorizer),
    patience: { ...defaultPatience, ...deps.patience },
    memory: createServerMemory(),
  };
  return {
    repository: (name, options) => openRepository(context, name, options),
    login: async (domain, credential, options) => await logIn(context, domain, credential, options),
    json: async (domain, path, options) => await askJson(context, domain, path, options),
    async [Symbol.asyncDispose]() {
      transport[Symbol.dispose]();
    },
  };
}
