import { searchRepositories } from '../../remote/search/search-registry.ts';
import type { RegistryEngine, SearchResult } from '../ports/registry-engine.ts';
import type { Remote } from './remote.ts';

type Options = NonNullable<Parameters<RegistryEngine['search']>[1]>;

/** `docker search`. */
export async function searchRegistry(
  { client }: Remote,
  term: string,
  options: Options,
): Promise<SearchResult[]> {
  return await searchRepositories(client, term, options);
}
