import { LamellaError } from '../../base/errors.ts';
import { assertKnownFilters, booleanFilter, type Filters } from '../../images/filters.ts';
import type { FoundRepository } from './found-repository.ts';

const defaultLimit = 25;
const mostResults = 100;

/** @throws LamellaError invalid `filter-invalid`, in Docker's words */
export function searchFilter(filters: Filters): (found: FoundRepository) => boolean {
  assertKnownFilters(filters, ['is-automated', 'is-official', 'stars']);
  const official = booleanFilter(filters, 'is-official');
  const automated = booleanFilter(filters, 'is-automated');
  const stars = Math.max(0, ...(filters['stars'] ?? []).map(readStars));
  return (found) =>
    found.stars >= stars &&
    (official === undefined || found.isOfficial === official) &&
    (automated === undefined || found.isAutomated === automated);
}

/**
 * How many results to give; 0 stands for the default, as with Docker.
 *
 * @throws LamellaError invalid `limit-invalid`, in Docker's words
 */
export function searchLimit(limit = 0): number {
  if (limit <= 0) return defaultLimit;
  if (limit <= mostResults) return limit;
  throw new LamellaError('invalid', `limit ${limit} is outside the range of [1, ${mostResults}]`, {
    code: 'limit-invalid',
  });
}

function readStars(text: string): number {
  if (/^[+-]?\d{1,15}$/.test(text)) return Number(text);
  const message = `invalid filter 'stars=${text}': strconv.Atoi: parsing ${JSON.stringify(text)}: invalid syntax`;
  throw new LamellaError('invalid', message, { code: 'filter-invalid' });
}
