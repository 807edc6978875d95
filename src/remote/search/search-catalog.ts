import type { JsonObject } from '../../base/json.ts';
import { LamellaError } from '../../base/errors.ts';
import type { RegistryClient, RequestOptions } from '../client/repository.ts';
import { type FoundRepository, foundByName } from './found-repository.ts';

const pageSize = 1000;
/** Bounds of what a registry may make us read. */
const maxPages = 100;
const maxFound = 10_000;

/**
 * Looks for a term in the names of all repositories: `GET /v2/_catalog`, page by page (OCI Distribution has no
 * search; this is what Podman does as well).
 *
 * @throws LamellaError unsupported `search-unsupported` where the registry does not list its repositories
 */
export async function searchCatalog(
  client: RegistryClient,
  domain: string,
  term: string,
  { signal }: RequestOptions,
): Promise<FoundRepository[]> {
  const found = new Set<string>();
  let path: string | undefined = `/v2/_catalog?n=${pageSize}`;
  for (let pages = 0; path !== undefined && pages < maxPages && found.size < maxFound; pages += 1) {
    const answer = await client.json(domain, path, { signal });
    const names = (answer.body as JsonObject | null | undefined)?.['repositories'];
    if (answer.status !== 200 || (names !== null && !Array.isArray(names))) throw noSearch(answer.status);
    for (const name of (names ?? []) as readonly unknown[]) {
      if (typeof name === 'string' && name.includes(term)) found.add(name);
    }
    const next: string | undefined = nextPage(domain, answer.link);
    path = next === path ? undefined : next;
  }
  return [...found].sort().map(foundByName);
}

/** The path of `rel="next"` (RFC 8288), where that is on the same registry. */
function nextPage(domain: string, link: string | undefined): string | undefined {
  const [, target] = /<([^>]*)>\s*;[^,]*\brel="?next\b/i.exec(link ?? '') ?? [];
  if (target === undefined) return undefined;
  const here = `https://${domain}/v2/_catalog`;
  if (!URL.canParse(target, here)) return undefined;
  const url = new URL(target, here);
  return url.host === new URL(here).host ? url.pathname + url.search : undefined;
}

function noSearch(status: number): LamellaError {
  return new LamellaError('unsupported', `Unexpected status code ${status}`, {
    code: 'search-unsupported',
    hint: 'This registry can neither be searched nor lists its repositories; `lamella tags NAME` may still work.',
  });
}
