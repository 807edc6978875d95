import type { Authorizer } from '../auth/authorizer.ts';
import type { Patience } from '../http/retry.ts';
import type { Transport } from '../http/transport.ts';
import type { Endpoint, Registries } from '../registries/endpoint.ts';
import type { AskEndpoint } from './endpoint-session.ts';
import type { Refusal } from './registry-error.ts';
import type { ServerMemory } from './server-memory.ts';
import type { UploadSession } from './upload-session.ts';

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
  /** Whether it was opened to push to it. */
  readonly push: boolean;
  /** Uploads that registries began instead of mounting, by digest. */
  readonly sessions: Map<string, UploadSession>;
}

/** For the error that an answer stands for. */
export function refusalOf(
  { domain, path, authorizer, push }: RepositoryContext,
  endpoint: Endpoint,
  reference?: string,
): Refusal {
  return {
    endpoint,
    excuse: authorizer.excuse(endpoint),
    subject: { domain, path, purpose: push ? 'push' : 'pull', ...(reference !== undefined && { reference }) },
  };
}
