import { LamellaError } from '../base/errors.ts';
import { assertKnownFilters, booleanFilter, type Filters, matchesLabels } from '../images/filters.ts';
import { parseTimestamp } from '../oci/timestamp.ts';
import { shownStatus } from './status-text.ts';
import type { Container } from './types.ts';

interface Surroundings {
  readonly all: readonly Container[];
  /** Milliseconds since 1970. */
  readonly now: number;
  /** Names and IDs of the networks that a container is on, and the ports that lead to it. */
  readonly networking?: (container: Container) => Networking;
  /** IDs of an image and of those that were made from it; of none where there is no such image. */
  readonly descendants?: (image: string) => ReadonlySet<string>;
}

export interface Networking {
  readonly networks: readonly { readonly name: string; readonly id: string }[];
  readonly ports: readonly { readonly inside: number; readonly outside: number; readonly protocol: string }[];
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
  ancestor: ({ imageId, imageName }, value, { descendants }) =>
    descendants?.(value).has(imageId) === true || isAncestor(imageId, imageName, value),
  volume: ({ spec }, value) =>
    spec.mounts.some(
      ({ name, source, target }) => target === value || (name === '' ? source : name) === value,
    ),
  network: (container, value, { networking }) =>
    (networking?.(container).networks ?? []).some(({ name, id }) => name === value || isPrefix(value, id)),
  publish: (container, value, { networking }) => {
    const isMeant = parsePorts('publish', value);
    return (networking?.(container).ports ?? []).some(({ outside, protocol }) => isMeant(outside, protocol));
  },
  expose: (container, value, { networking }) => {
    const isMeant = parsePorts('expose', value);
    return (networking?.(container).ports ?? []).some(({ inside, protocol }) => isMeant(inside, protocol));
  },
  // Tasks are of Swarm, and isolation is of Windows.
  'is-task': () => true,
  isolation: () => true,
  before: (container, value, { all }) => container.createdAt < reference(all, value).createdAt,
  since: (container, value, { all }) => container.createdAt > reference(all, value).createdAt,
  until: (container, value, { now }) => container.createdAt < parseTimestamp(value, now),
};
/** Keys whose values must all hold, as Docker has it. */
const conjunctive = new Set(['label', 'label!']);
/** The keys that `prune` knows; a list knows all but two of them. */
export const pruneFilters: readonly string[] = ['label', 'label!', 'until'];
export const listFilters: readonly string[] = Object.keys(tests).filter(
  (key) => key !== 'label!' && key !== 'until',
);
const healths = ['none', 'starting', 'healthy', 'unhealthy'];
const statuses = ['created', 'restarting', 'running', 'removing', 'paused', 'exited', 'dead'];

/**
 * The containers that all filters let pass; of the values of one key, one must hold, of labels each. Either a published
 * or an exposed port is enough.
 *
 * @param known the keys that there may be
 * @throws LamellaError invalid `filter-invalid` for a key or value that Docker does not know either
 */
export function filterContainers(
  containers: readonly Container[],
  filters: Filters,
  surroundings: Surroundings,
  known: readonly string[] = Object.keys(tests),
): Container[] {
  assertKnownFilters(filters, known);
  checkValues(filters);
  const { publish, expose, ...others } = filters;
  const ports = Object.entries({ publish, expose }).flatMap(([key, values]) =>
    (values ?? []).map((value) => [key, value] as const),
  );
  const holds = (container: Container, key: string, value: string): boolean =>
    tests[key]?.(container, value, surroundings) ?? false;
  return containers.filter(
    (container) =>
      Object.entries(others).every(([key, values]) => {
        const holdsOne = (value: string): boolean => holds(container, key, value);
        return conjunctive.has(key) ? values.every(holdsOne) : values.some(holdsOne);
      }) &&
      (ports.length === 0 || ports.some(([key, value]) => holds(container, key, value))),
  );
}

/** Also where there is no container to try them on. */
function checkValues(filters: Filters): void {
  const wrong = filters['status']?.find((status) => !statuses.includes(status));
  if (wrong !== undefined) {
    throw invalidFilter(`invalid filter 'status=${wrong}'`);
  }
  for (const value of filters['exited'] ?? []) {
    if (!/^[+-]?\d+$/.test(value)) {
      throw invalidFilter(
        `invalid filter 'exited=${value}': strconv.Atoi: parsing ${JSON.stringify(value)}: invalid syntax`,
      );
    }
  }
  const health = filters['health']?.find((value) => !healths.includes(value));
  if (health !== undefined) {
    throw invalidFilter(
      `invalid filter 'health=${health}': invalid value for health (${health}): must be one of ${healths.join(', ')}`,
    );
  }
  for (const key of ['publish', 'expose']) for (const value of filters[key] ?? []) parsePorts(key, value);
  booleanFilter(filters, 'is-task');
}

/** A port or a range of them, of TCP unless it says otherwise: `80`, `53/udp`, `8000-8010/tcp`. */
function parsePorts(key: string, text: string): (port: number, protocol: string) => boolean {
  if (text.includes(':')) throw invalidFilter(`filter for '${key}' should not contain ':': ${text}`);
  const [range = '', protocol = 'tcp'] = text.split('/');
  const [first = '', last = first] = range.split('-');
  const wrong = [first, last].find((each) => !/^\d+$/.test(each));
  if (wrong !== undefined) {
    throw invalidFilter(
      `error while looking up for ${key} ${text}: strconv.ParseUint: parsing ${JSON.stringify(wrong)}: invalid syntax`,
    );
  }
  return (port, of) => of === protocol && port >= Number(first) && port <= Number(last);
}

function isPrefix(value: string, id: string): boolean {
  return value !== '' && id.startsWith(value);
}

function invalidFilter(message: string): LamellaError {
  return new LamellaError('invalid', message, { code: 'filter-invalid' });
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
