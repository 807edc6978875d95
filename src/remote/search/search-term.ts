import { LamellaError } from '../../base/errors.ts';

/** What a search asks for, and where. */
export interface SearchTerm {
  /** As references name registries; `docker.io` where the term names none. */
  readonly domain: string;
  readonly term: string;
}

const hubNames: ReadonlySet<string> = new Set(['docker.io', 'index.docker.io', 'registry-1.docker.io']);

/**
 * Splits `HOST/term` as Docker does: a first part with a dot or a colon, or `localhost`, is a registry.
 *
 * @throws LamellaError invalid `search-invalid`, in Docker's words
 */
export function parseSearchTerm(text: string): SearchTerm {
  if (text.includes('://')) {
    throw new LamellaError(
      'invalid',
      `invalid repository name: repository name (${text}) should not have a scheme`,
      { code: 'search-invalid' },
    );
  }
  const slash = text.indexOf('/');
  const first = text.slice(0, Math.max(slash, 0));
  if (first !== 'localhost' && !/[.:]/.test(first)) return { domain: 'docker.io', term: text };
  const term = text.slice(slash + 1);
  if (!hubNames.has(first)) return { domain: first, term };
  return { domain: 'docker.io', term: term.replace(/^library\//, '') };
}
