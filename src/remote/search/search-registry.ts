import type { Filters } from '../../images/filters.ts';
import type { RegistryClient, RequestOptions } from '../client/repository.ts';
import { type FoundRepository, sortFound } from './found-repository.ts';
import { searchCatalog } from './search-catalog.ts';
import { searchFilter, searchLimit } from './search-filters.ts';
import { searchIndex } from './search-index.ts';
import { parseSearchTerm } from './search-term.ts';

/** Where Docker Hub's search is. */
const hubSearch = 'index.docker.io';

/**
 * Searches a registry for repositories, Docker Hub where the term names no other.
 *
 * @param text `nginx` or `registry.example:5000/nginx`
 * @throws LamellaError invalid `search-invalid` | `filter-invalid` | `limit-invalid`, unsupported `search-unsupported`
 */
export async function searchRepositories(
  client: RegistryClient,
  text: string,
  { limit, filters = {}, signal }: RequestOptions & { limit?: number | undefined; filters?: Filters } = {},
): Promise<FoundRepository[]> {
  const { domain, term } = parseSearchTerm(text);
  const most = searchLimit(limit);
  const matches = searchFilter(filters);
  const host = domain === 'docker.io' ? hubSearch : domain;
  const found =
    (await searchIndex(client, host, term, { signal })) ??
    (await searchCatalog(client, host, term, { signal }));
  return sortFound(term, found).filter(matches).slice(0, most);
}
