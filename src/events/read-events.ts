import type { Database } from '../db/database.ts';
import { watchDatabase } from '../db/watch-database.ts';
import { matchesEvent, type EventFilters } from './event-filters.ts';
import type { Event } from './event-log.ts';

export interface ReadEventsOptions {
  /** Milliseconds since 1970. Without `since` and `until` nothing that is past is given. */
  readonly since: number | undefined;
  /** Where it ends; undefined goes on for ever. One that is past gives what there is and ends. */
  readonly until: number | undefined;
  readonly filters: EventFilters;
  /** Ends it, without an error. */
  readonly signal?: AbortSignal | undefined;
  /** Milliseconds since 1970. */
  readonly now?: () => number;
}

interface Row {
  readonly sequence: number;
  readonly at: string;
  readonly type: Event['type'];
  readonly action: string;
  readonly actor: string;
  readonly attributes: string;
}

const page = 500;
const endOfTime = 2n ** 63n - 1n;

/** Events in the order in which they were recorded, by whichever process: those that are past, then those that come. */
export async function* readEvents(
  db: Database,
  { since, until, filters, signal, now = Date.now }: ReadEventsOptions,
): AsyncGenerator<Event, void> {
  const start = now();
  const isOver = until !== undefined && until <= start;
  const newest =
    db.get<{ sequence: number | null }>('SELECT max(sequence) AS sequence FROM events')?.sequence ?? 0;
  const read = reader(db, {
    after: since === undefined && until === undefined ? newest : 0,
    from: nanoseconds(since ?? 0),
    to: until === undefined ? endOfTime : nanoseconds(until),
  });
  function* news(): Generator<Event, void> {
    for (const event of read()) if (matchesEvent(event, filters)) yield event;
  }

  if (isOver) {
    yield* news();
    return;
  }
  using end = endAt(until, { start, signal });
  for await (const _ of watchDatabase(db.path, { signal: end.signal })) yield* news();
  if (signal?.aborted !== true) yield* news();
}

/** Gives with each call what has come since the last one; a page at a time, so that 10,000 events are not held at once. */
function reader(
  db: Database,
  { after, from, to }: { after: number; from: bigint; to: bigint },
): () => Generator<Event, void> {
  let last = after;
  return function* () {
    for (;;) {
      const rows = db.all<Row>(
        `SELECT sequence, CAST(at AS TEXT) AS at, type, action, actor, attributes FROM events
         WHERE sequence > ? AND at >= ? AND at <= ? ORDER BY sequence LIMIT ${page}`,
        last,
        from,
        to,
      );
      for (const row of rows) {
        last = row.sequence;
        yield fromRow(row);
      }
      if (rows.length < page) return;
    }
  };
}

/** Unlike AbortSignal.timeout(), its timer keeps the process alive. Longer than 24 days is not waited. */
function endAt(
  until: number | undefined,
  { start, signal }: { start: number; signal: AbortSignal | undefined },
): { signal: AbortSignal } & Disposable {
  const end = new AbortController();
  const timer =
    until === undefined ? undefined : setTimeout(() => end.abort(), Math.min(until - start, 2 ** 31 - 1));
  return {
    signal: signal === undefined ? end.signal : AbortSignal.any([end.signal, signal]),
    [Symbol.dispose]: () => clearTimeout(timer),
  };
}

function nanoseconds(milliseconds: number): bigint {
  return BigInt(Math.round(milliseconds * 1000)) * 1000n;
}

function fromRow({ at, type, action, actor, attributes }: Row): Event {
  return {
    at: BigInt(at),
    type,
    action,
    actor: { id: actor, attributes: JSON.parse(attributes) as Record<string, string> },
  };
}
