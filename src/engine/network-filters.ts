import { LamellaError } from '../base/errors.ts';
import { assertKnownFilters, booleanFilter, matchesLabels, type Filters } from '../images/filters.ts';
import { isPredefined } from '../networks/network.ts';
import type { InspectedNetwork } from '../networks/network-service.ts';
import { parseTimestamp } from '../oci/timestamp.ts';

type Test = (network: InspectedNetwork, values: readonly string[]) => boolean;

/** As Docker decides (moby daemon/network/filter.go): of the values of one key one must hold, of labels each. */
const tests: Readonly<Record<string, Test>> = {
  name: ({ network }, values) => values.some((value) => matches(value, network.name)),
  id: ({ network }, values) => values.some((value) => matches(value, network.id)),
  driver: ({ network }, values) => values.includes(network.spec.driver),
  scope: (_, values) => values.includes('local'),
  label: ({ network }, values) => matchesLabels(network.spec.labels, values),
  'label!': ({ network }, values) => !values.some((value) => matchesLabels(network.spec.labels, [value])),
  until: ({ network }, values) =>
    values.every((value) => network.createdAt < parseTimestamp(value, Date.now())),
  type: ({ network }, values) =>
    values.some((value) => {
      if (value === 'builtin') return isPredefined(network.name);
      if (value === 'custom') return !isPredefined(network.name);
      throw new LamellaError('invalid', `invalid filter 'type=${value}'`, { code: 'filter-invalid' });
    }),
};

/** @throws LamellaError invalid `filter-invalid` */
export function filterNetworks(
  networks: readonly InspectedNetwork[],
  filters: Filters,
  keys: readonly string[],
): InspectedNetwork[] {
  assertKnownFilters(filters, [...keys]);
  const dangling = booleanFilter(filters, 'dangling');
  return networks.filter((each) => {
    const isDangling = each.endpoints.length === 0 && !isPredefined(each.network.name);
    if (dangling !== undefined && dangling !== isDangling) return false;
    return Object.entries(filters).every(([key, values]) => tests[key]?.(each, values) ?? true);
  });
}

/** A regular expression, or plain text where it is none. */
function matches(value: string, text: string): boolean {
  try {
    return new RegExp(value).test(text);
  } catch {
    return text.includes(value);
  }
}
