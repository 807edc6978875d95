import type { Database } from '../db/database.ts';

/** What happened, to what (Docker Engine API, `GET /events`). */
export interface Event {
  /** Nanoseconds since 1970. */
  readonly at: bigint;
  readonly type: 'container' | 'image' | 'network' | 'volume';
  /** `create`, `start`, `die`, `exec_create: sh`, … */
  readonly action: string;
  readonly actor: { readonly id: string; readonly attributes: Readonly<Record<string, string>> };
}

/** Writes one down, in the transaction that is open or in one of its own that does not wait for the disk. */
export type RecordEvent = (event: Omit<Event, 'at'>) => void;

/** What is kept, so that the table stays small: so many of the newest, and none older than a month. */
const kept = { events: 10_000, nanoseconds: 31n * 86_400n * 1_000_000_000n };
/** After how many events the older ones are looked at. */
const trimEvery = 256;

/** @param now milliseconds since 1970 */
export function createEventRecorder(db: Database, now: () => number = Date.now): RecordEvent {
  function record({ type, action, actor }: Omit<Event, 'at'>): void {
    const at = BigInt(now()) * 1_000_000n;
    // Within one millisecond each gets a later time than the one before it, so that a time tells where to read on.
    const row = db.get<{ sequence: number }>(
      `INSERT INTO events (at, type, action, actor, attributes) VALUES (
         coalesce((SELECT at + 1 FROM (SELECT at FROM events ORDER BY sequence DESC LIMIT 1)
                   WHERE at >= ?1 AND at < ?1 + 999999), ?1), ?2, ?3, ?4, ?5)
       RETURNING sequence`,
      at,
      type,
      action,
      actor.id,
      JSON.stringify(actor.attributes),
    );
    const sequence = row?.sequence ?? 0;
    if (sequence % trimEvery !== 0) return;
    db.run('DELETE FROM events WHERE sequence <= ? OR at < ?', sequence - kept.events, at - kept.nanoseconds);
  }
  return (event) => db.transaction(() => record(event), { durable: false });
}
