import { LamellaError } from '../base/errors.ts';
import type { Event } from './event-log.ts';

/** `--filter key=value`, gathered by key. */
export type EventFilters = Readonly<Record<string, readonly string[]>>;

type Test = (event: Event, values: readonly string[]) => boolean;

/** As Docker decides (moby daemon/events/filter.go): of the values of one key one must hold, of labels each. */
const tests: Readonly<Record<string, Test>> = {
  type: ({ type }, values) => values.includes(type),
  event: ({ action }, values) =>
    values.some((value) => (hasDetail.has(value) ? action.startsWith(value) : action === value)),
  scope: (_, values) => values.includes('local'),
  daemon: namedLike,
  container: namedLike,
  network: namedLike,
  volume: namedLike,
  image: ({ type, actor }, values) => {
    const name = actor.attributes[type === 'image' ? 'name' : 'image'] ?? '';
    return [actor.id, name, withoutTag(actor.id), withoutTag(name)].some((each) => values.includes(each));
  },
  label: ({ actor }, values) =>
    values.every((value) => {
      const [, key = '', wanted] = /^([^=]*)(?:=(.*))?$/s.exec(value) ?? [];
      return (
        Object.hasOwn(actor.attributes, key) && (wanted === undefined || actor.attributes[key] === wanted)
      );
    }),
};

/** Parts of Docker that are not here: nothing is ever told of them. */
const elsewhere = ['plugin', 'node', 'service', 'secret', 'config'];

/** Actions with something behind a colon, which these words mean whatever it is. */
const hasDetail = new Set(['health_status', 'exec_create', 'exec_start']);

/** @throws LamellaError invalid `filter-invalid` for a key that means nothing */
export function checkEventFilters(filters: EventFilters): void {
  const unknown = Object.keys(filters).find((key) => !Object.hasOwn(tests, key) && !elsewhere.includes(key));
  if (unknown !== undefined) {
    throw new LamellaError('invalid', `invalid filter '${unknown}'`, { code: 'filter-invalid' });
  }
}

export function matchesEvent(event: Event, filters: EventFilters): boolean {
  return Object.entries(filters).every(([key, values]) => tests[key]?.(event, values) ?? false);
}

function namedLike({ actor }: Event, values: readonly string[]): boolean {
  const name = actor.attributes['name'] ?? '';
  return values.some((value) => actor.id.startsWith(value) || name.startsWith(value));
}

function withoutTag(name: string): string {
  return name.replace(/(?<=[^/]*):[^:/]*$/, '');
}
