import type { Authorizer } from '../auth/authorizer.ts';
import type { Patience } from '../http/retry.ts';
import type { Transport } from '../http/transport.ts';
import type { Registries } from '../registries/endpoint.ts';
import type { AskEndpoint } from './endpoint-session.ts';
import type { ServerMemory } from './server-memory.ts';

/** What all repositories of one client share. */
export interface ClientContext {
  readonly registries: Registries;
  readonly transport: Transport;
  readonly authorizer: Authorizer;
  readonly ask: AskEndpoint;
  readonly patience: Patience;
  readonly memory: ServerMemory;
}

/** One repository, and what its tokens are for. */
export interface RepositoryContext extends ClientContext {
  readonly domain: string;
  readonly path: string;
  readonly scopes: readonly string[];
}
