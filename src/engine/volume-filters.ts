import { assertKnownFilters, booleanFilter, matchesLabels, type Filters } from '../images/filters.ts';
import type { Volume } from '../volumes/volume.ts';

/**
 * The volumes that all filters let pass; of the names and drivers one must fit, of labels each.
 *
 * @param options.keys the filters that there are
 * @param options.links how many containers have each volume
 * @throws LamellaError invalid `filter-invalid`
 */
export function filterVolumes(
  volumes: readonly Volume[],
  filters: Filters,
  { keys, links }: { keys: readonly string[]; links: ReadonlyMap<string, number> },
): Volume[] {
  assertKnownFilters(filters, keys);
  const dangling = booleanFilter(filters, 'dangling');
  const { name: names, driver: drivers, label: labels = [], 'label!': unwanted = [] } = filters;
  return volumes.filter(
    (volume) =>
      (names === undefined || names.some((pattern) => matches(pattern, volume.name))) &&
      (drivers === undefined || drivers.includes(volume.driver)) &&
      matchesLabels(volume.labels, labels) &&
      unwanted.every((label) => !matchesLabels(volume.labels, [label])) &&
      (dangling === undefined || dangling === ((links.get(volume.name) ?? 0) === 0)),
  );
}

/** A regular expression, or plain text where it is none. */
function matches(pattern: string, text: string): boolean {
  try {
    return new RegExp(pattern).test(text);
  } catch {
    return text.includes(pattern);
  }
}
