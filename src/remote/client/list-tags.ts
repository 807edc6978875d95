import { parseStrictJson } from '../../oci/strict-json.ts';
import { readFields } from '../../oci/json-fields.ts';
import { wrongAnswer } from '../http/failure.ts';
import { isWebPage, readWhole, webPage } from '../http/read-json.ts';
import { patiently } from '../http/retry.ts';
import type { Endpoint } from '../registries/endpoint.ts';
import { refusalOf, type RepositoryContext } from './context.ts';
import { nextLink } from './next-link.ts';
import { registryError } from './registry-error.ts';
import type { RequestOptions } from './repository.ts';
import { tryEndpoints } from './try-endpoints.ts';

const pageSize = 1000;
/** More than any repository has; a server that makes up pages without end is left here. */
const mostTags = 1_000_000;
const mostPages = 10_000;
const tagPattern = /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$/;

interface Page {
  readonly endpoint: Endpoint;
  readonly tags: readonly string[];
  readonly next: URL | undefined;
}

/** @see RepositoryClient.tags */
export async function* listTags(
  context: RepositoryContext,
  { signal }: RequestOptions = {},
): AsyncGenerator<string> {
  const { domain, path, patience } = context;
  const first = `/v2/${path}/tags/list?n=${pageSize}`;
  let page = await tryEndpoints(context, domain, (endpoint) => askPage(context, endpoint, first, signal), {
    purpose: 'pull',
    signal,
  });
  let count = 0;
  const seen = new Set<string>();
  for (;;) {
    count += page.tags.length;
    yield* page.tags;
    const { endpoint, next } = page;
    if (next === undefined) return;
    if (seen.has(next.href) || seen.size >= mostPages || count > mostTags) {
      throw wrongAnswer(`invalid answer from ${next.host}: its list of tags has no end`);
    }
    seen.add(next.href);
    page = await patiently(async () => await askPage(context, endpoint, next, signal), { patience, signal });
  }
}

async function askPage(
  context: RepositoryContext,
  endpoint: Endpoint,
  path: string | URL,
  signal: AbortSignal | undefined,
): Promise<Page> {
  const headers = { accept: 'application/json' };
  const response = await context.ask(endpoint, {
    method: 'GET',
    path,
    headers,
    scopes: context.scopes,
    signal,
  });
  if (response.status !== 200) throw await registryError(response, refusalOf(context, endpoint));
  if (isWebPage(response)) {
    response.discard();
    throw webPage(response);
  }
  const bytes = await readWhole(response);
  const tags = readFields(parseStrictJson(bytes), 'list of tags', []).strings('tags') ?? [];
  if (!tags.every((tag) => tagPattern.test(tag))) {
    throw wrongAnswer(`invalid answer from ${response.url.host}: a name that no tag can have`);
  }
  return { endpoint, tags, next: nextLink(response.headers('link'), response.url) };
}
