import { LamellaError, messageOf } from '../../base/errors.ts';
import { ServerFailure, throwIfCancelled } from '../http/failure.ts';
import { patiently } from '../http/retry.ts';
import type { Endpoint } from '../registries/endpoint.ts';
import type { ClientContext } from './context.ts';

export interface TryOptions {
  readonly purpose: 'pull' | 'push';
  readonly signal?: AbortSignal | undefined;
}

/**
 * Asks the servers of a registry in their order until one gives what is wanted: the next one is asked where a mirror has
 * not what we want, or any server cannot be reached or gives what cannot be right. What the registry itself says, such
 * as that there is no such tag, is the answer. Where all have failed in ways that may pass, all are asked again later.
 *
 * @param attempt must be harmless to repeat
 */
export async function tryEndpoints<T>(
  context: Pick<ClientContext, 'registries' | 'memory' | 'patience'>,
  domain: string,
  attempt: (endpoint: Endpoint) => Promise<T>,
  { purpose, signal }: TryOptions,
): Promise<T> {
  const { registries, memory, patience } = context;
  return await patiently(
    async () => {
      throwIfCancelled(signal);
      const endpoints = memory.order(await registries.endpoints(domain, purpose));
      const failures: { endpoint: Endpoint; error: unknown }[] = [];
      for (const endpoint of endpoints) {
        try {
          const result = await attempt(endpoint);
          registries.report(endpoint, { kind: 'answered' });
          if (isPlainAfterTls(endpoint, failures)) memory.speaksPlain(endpoint);
          return result;
        } catch (error) {
          throwIfCancelled(signal);
          if (!(error instanceof LamellaError)) throw error;
          report(context, endpoint, error);
          const isLast = endpoint === endpoints.at(-1);
          if (!endpoint.isMirror && isAnswer(error)) {
            if (isPlainAfterTls(endpoint, failures)) memory.speaksPlain(endpoint);
            throw error;
          }
          failures.push({ endpoint, error });
          if (isLast) break;
        }
      }
      throw mostTelling(failures, domain);
    },
    { patience, signal },
  );
}

/** Whether a server has understood and said no, so that it would say no again. */
function isAnswer(error: LamellaError): boolean {
  return !(error instanceof ServerFailure) && error.kind !== 'cancelled';
}

function report(
  { registries }: Pick<ClientContext, 'registries'>,
  endpoint: Endpoint,
  error: LamellaError,
): void {
  if (error.kind === 'unavailable') {
    registries.report(endpoint, { kind: 'failed', reason: error.message });
  } else if (error instanceof ServerFailure || (error.kind === 'invalid' && endpoint.isMirror)) {
    registries.report(endpoint, { kind: 'wrong', reason: error.message });
  } else {
    registries.report(endpoint, { kind: 'answered' });
  }
}

function isPlainAfterTls(
  endpoint: Endpoint,
  failures: readonly { endpoint: Endpoint; error: unknown }[],
): boolean {
  if (!endpoint.url.startsWith('http:')) return false;
  const encrypted = endpoint.url.replace('http:', 'https:');
  return failures.some((failure) => failure.endpoint.url === encrypted);
}

/** What the registry itself says counts; what its mirrors said goes into the hint. */
function mostTelling(failures: readonly { endpoint: Endpoint; error: unknown }[], domain: string): unknown {
  const own = failures.findLast(({ endpoint }) => !endpoint.isMirror) ?? failures.at(-1);
  if (own === undefined) {
    return new LamellaError('unavailable', `no server is known for ${domain}`, {
      code: 'registry-unavailable',
    });
  }
  const mirrors = failures.filter(({ endpoint }) => endpoint.isMirror && endpoint !== own.endpoint);
  const { error } = own;
  if (mirrors.length === 0 || !(error instanceof ServerFailure)) return error;
  const tried = mirrors.map(({ endpoint, error }) => `${endpoint.url} (${messageOf(error)})`).join(', ');
  return new ServerFailure(error.kind, error.message, {
    code: error.code,
    again: error.again,
    retryAfter: error.retryAfter,
    hint: `${error.hint ?? ''} Mirrors were tried before: ${tried}`.trim(),
    cause: error.cause,
  });
}
