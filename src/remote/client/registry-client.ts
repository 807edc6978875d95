import type { CredentialSource } from '../credentials/credential.ts';
import type { Registries } from '../registries/endpoint.ts';
import type { RegistryClient } from './repository.ts';

export interface RegistryClientDeps {
  readonly registries: Registries;
  readonly credentials: CredentialSource;
  /** Proxies are read from it: HTTP_PROXY, HTTPS_PROXY, NO_PROXY, in either case. */
  readonly env: NodeJS.ProcessEnv;
  /** What `User-Agent` says: `lamella/0.1.0`. */
  readonly userAgent: string;
}

/** Opens repositories of registries over one set of connections and tokens. */
export function createRegistryClient(deps: RegistryClientDeps): RegistryClient {
  const soon = (): never => {
    throw new Error(`${deps.userAgent} cannot do this yet`);
  };
  return {
    repository: soon,
    login: soon,
    json: soon,
    [Symbol.asyncDispose]: async () => {},
  };
}
