import { parseTimestamp } from '../images/timestamp.ts';
import { LamellaError } from '../base/errors.ts';
import { shownNetworkMode } from './container-summary.ts';
import type { Container } from './types.ts';

/** `--filter key=value` as the Docker Engine API takes it: values of one key are alternatives, keys must all hold. */
export type ContainerFilters = Readonly<Record<string, readonly string[]>>;

interface Surroundings {
  readonly all: readonly Container[];
  /** Milliseconds since 1970. */
  readonly now: number;
}

type Test = (container: Container, value: string, surroundings: Surroundings) => boolean;

const tests: Readonly<Record<string, Test>> = {
  id: ({ id }, value) => matches(value, id),
  name: ({ name }, value) => matches(value, name) || matches(value, `/${name}`),
  status: ({ status }, value) => status === value,
  label: ({ spec }, value) => hasLabel(spec.config.Labels, value),
  'label!': ({ spec }, value) => !hasLabel(spec.config.Labels, value),
  exited: ({ status, state }, value) => status === 'exited' && state.exitCode === Number(value),
  ancestor: ({ imageId, imageName }, value) => isAncestor(imageId, imageName, value),
  network: (container, value) => shownNetworkMode(container) === value,
  before: (container, value, { all }) => container.createdAt < reference(all, value).createdAt,
  since: (container, value, { all }) => container.createdAt > reference(all, value).createdAt,
  until: (container, value, { now }) => container.createdAt < parseTimestamp(value, now),
};
/** Keys whose values must all hold, as Docker has it. */
const conjunctive = new Set(['label', 'label!']);
const statuses = ['created', 'restarting', 'running', 'removing', 'paused', 'exited', 'dead'];

/**
 * The containers that all filters let pass.
 *
 * @throws LamellaError invalid `filter-invalid` for a key or value that Docker does not know either
 */
export function filterContainers(
  containers: readonly Container[],
  filters: ContainerFilters,
  surroundings: Surroundings,
): Container[] {
  for (const [key, values] of Object.entries(filters)) {
    if (tests[key] === undefined) throw invalid(`invalid filter '${key}'`);
    const wrong = key === 'status' ? values.find((value) => !statuses.includes(value)) : undefined;
    if (wrong !== undefined) throw invalid(`invalid filter 'status=${wrong}'`);
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

function hasLabel(labels: Readonly<Record<string, string>>, wanted: string): boolean {
  const equals = wanted.indexOf('=');
  if (equals === -1) return Object.hasOwn(labels, wanted);
  const name = wanted.slice(0, equals);
  return Object.hasOwn(labels, name) && labels[name] === wanted.slice(equals + 1);
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

function invalid(message: string): LamellaError {
  return new LamellaError('invalid', message, { code: 'filter-invalid' });
}
