import { join } from 'node:path';
import { createRegistryClient } from '../../remote/client/registry-client.ts';
import type { RegistryClient } from '../../remote/client/repository.ts';
import { createCredentialStore } from '../../remote/credentials/credential-store.ts';
import type { CredentialStore } from '../../remote/credentials/credential.ts';
import type { RegistryFiles } from '../../remote/registries/registries.ts';
import type { Endpoint, Registries } from '../../remote/registries/endpoint.ts';
import type { Settings } from '../settings.ts';
import { version } from '../version.ts';
import { openRegistries } from './open-registries.ts';

/** What all commands that cross the network share: connections, tokens, credentials, and what is known of servers. */
export interface Remote extends AsyncDisposable {
  readonly client: RegistryClient;
  /** A client that knows of these servers only, whatever it is asked for, and remembers nothing of them. */
  readonly clientOf: (endpoints: readonly Endpoint[]) => RegistryClient;
  readonly registries: Registries & RegistryFiles;
  readonly credentials: CredentialStore;
  /** Downloads that are not complete. */
  readonly downloads: string;
}

export function openRemote({ root }: Settings, env: NodeJS.ProcessEnv = process.env): Remote {
  const registries = openRegistries(root, env);
  const credentials = createCredentialStore({ env });
  const open = (of: Registries): RegistryClient =>
    createRegistryClient({ registries: of, credentials, env, userAgent: `lamella/${version}` });
  const client = open(registries);
  return {
    client,
    clientOf: (endpoints) => open({ endpoints: async () => endpoints, report: () => undefined }),
    registries,
    credentials,
    downloads: join(root, 'downloads'),
    async [Symbol.asyncDispose]() {
      registries.close();
      await client[Symbol.asyncDispose]();
    },
  };
}
