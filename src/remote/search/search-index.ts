import { type ErrorKind, isLamellaError } from '../../base/errors.ts';
import type { JsonObject, JsonValue } from '../../base/json.ts';
import type { RegistryClient, RequestOptions } from '../client/repository.ts';
import { type FoundRepository, readFound } from './found-repository.ts';

/** As many as Docker Hub gives at once: more than most ask for, so that an exact name further down is found. */
const asked = 100;

/**
 * Asks the search API that Docker's client asks, `GET /v1/search`.
 *
 * @returns undefined where the registry has none, or answers with something else
 */
export async function searchIndex(
  client: RegistryClient,
  domain: string,
  term: string,
  { signal }: RequestOptions,
): Promise<FoundRepository[] | undefined> {
  const path = `/v1/search?q=${encodeURIComponent(term)}&n=${asked}`;
  const headers = { 'X-Docker-Token': 'true' };
  try {
    const { status, body } = await client.json(domain, path, { signal, headers });
    return status === 200 ? readResults(body) : undefined;
  } catch (error) {
    if (isLamellaError(error) && otherAnswers.has(error.kind)) return undefined;
    throw error;
  }
}

/** The registry does answer, only not this: a page of its web interface, or that it knows no such path. */
const otherAnswers: ReadonlySet<ErrorKind> = new Set(['not-found', 'invalid', 'unsupported']);

function readResults(body: unknown): FoundRepository[] | undefined {
  const results = (body as JsonObject | null)?.['results'];
  if (!Array.isArray(results)) return undefined;
  const found = new Map<string, FoundRepository>();
  for (const value of (results as JsonValue[]).slice(0, asked * 10)) {
    const one = readFound(value);
    if (one !== undefined && !found.has(one.name)) found.set(one.name, one);
  }
  return [...found.values()];
}
