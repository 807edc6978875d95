import { LamellaError } from '../base/errors.ts';
import { assertKnownFilters, type Filters, matchesLabels } from '../images/filters.ts';
import { parseTimestamp } from '../oci/timestamp.ts';
import { shownNetworkMode } from './container-summary.ts';
import { shownStatus } from './status-text.ts';
import type { Container } from './types.ts';

interface Surroundings {
  readonly all: readonly Container[];
  /** Milliseconds since 1970. */
  readonly now: number;
}

type Test = (container: Container, value: string, surroundings: Surroundings) => boolean;

const tests: Readonly<Record<string, Test>> = {
  id: ({ id }, value) => matches(value, id),
  name: ({ name }, value) => matches(value, name) || matches(value, `/${name}`),
  status: (container, value) => shownStatus(container) === value,
  health: ({ health }, value) => (health?.status ?? 'none') === value,
  label: ({ spec }, value) => matchesLabels(spec.config.Labels, [value]),
  'label!': ({ spec }, value) => !matchesLabels(spec.config.Labels, [value]),
  exited: ({ status, state }, value) => status === 'exited' && state.exitCode === Number(value),
  ancestor: ({ imageId, imageName }, value) => isAncestor(imageId, imageName, value),
  volume: ({ spec }, value) =>
    spec.mounts.some(
      ({ name, source, target }) => target === value || (name === '' ? source : name) === value,
    ),
  network: (container, value) => shownNetworkMode(container) === value,
  before: (container, value, { all }) => container.createdAt < reference(all, value).createdAt,
  since: (container, value, { all }) => container.createdAt > reference(all, value).createdAt,
  until: (container, value, { now }) => container.createdAt < parseTimestamp(value, now),
};
/** Keys whose values must all hold, as Docker has it. */
const conjunctive = new Set(['label', 'label!']);
const statuses = ['created', 'restarting', 'running', 'removing', 'paused', 'exited', 'dead'];

/**
 * The containers that all filters let pass; of the values of one key, one must hold, of labels each.
 *
 * @throws LamellaError invalid `filter-invalid` for a key or value that Docker does not know either
 */
export function filterContainers(
  containers: readonly Container[],
  filters: Filters,
  surroundings: Surroundings,
): Container[] {
  assertKnownFilters(filters, Object.keys(tests));
  const wrong = filters['status']?.find((status) => !statuses.includes(status));
  if (wrong !== undefined) {
    throw new LamellaError('invalid', `invalid filter 'status=${wrong}'`, { code: 'filter-invalid' });
  }
  return containers.filter((container) =>
    Object.entries(filters).every(([key, values]) => {
      const holds = (value: string): boolean => tests[key]?.(container, value, surroundings) ?? false;
      return conjunctive.has(key) ? values.every(holds) : values.some(holds);
    }),
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

/** Without the images at hand: by the name that was written, or the ID. */
function isAncestor(imageId: string, imageName: string, value: string): boolean {
  const hex = value.replace(/^sha256:/, '');
  return (
    imageName === value ||
    imageName === `${value}:latest` ||
    `${imageName}:latest` === value ||
    (/^[0-9a-f]{6,64}$/.test(hex) && imageId.startsWith(`sha256:${hex}`))
  );
}

function reference(all: readonly Container[], text: string): Container {
  const found = all.find(({ id, name }) => id.startsWith(text) || name === text.replace(/^\//, ''));
  if (found !== undefined) return found;
  throw new LamellaError('not-found', `No such container: ${text}`, { code: 'container-not-found' });
}
