import type { Event } from './event-log.ts';

/** A message of `GET /events` of the Docker Engine API 1.51, keys in Docker's order. */
export interface EventJson {
  /** With `id` and `from` only of containers and images: fields from the time when there was nothing else. */
  readonly status?: string;
  readonly id?: string;
  readonly from?: string;
  readonly Type: string;
  readonly Action: string;
  readonly Actor: { readonly ID: string; readonly Attributes: Readonly<Record<string, string>> };
  readonly scope: 'local';
  /** Seconds since 1970. */
  readonly time: number;
  /** Nanoseconds since 1970. */
  readonly timeNano: bigint;
}

export function eventJson({ at, type, action, actor }: Event): EventJson {
  const from = type === 'container' ? actor.attributes['image'] : undefined;
  return {
    ...(type === 'container' || type === 'image' ? { status: action } : {}),
    ...((type === 'container' || type === 'image') && actor.id !== '' ? { id: actor.id } : {}),
    ...(from === undefined || from === '' ? {} : { from }),
    Type: type,
    Action: action,
    Actor: { ID: actor.id, Attributes: sorted(actor.attributes) },
    scope: 'local',
    time: Number(at / 1_000_000_000n),
    timeNano: at,
  };
}

function sorted(attributes: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(attributes).toSorted(([a], [b]) => (a < b ? -1 : 1)));
}
