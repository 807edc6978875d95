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

export function createEventRecorder(db: Database): RecordEvent {
  return ({ type, action, actor }) =>
    db.transaction(
      () =>
        void db.run(
          'INSERT INTO events (at, type, action, actor, attributes) VALUES (?, ?, ?, ?, ?)',
          BigInt(Date.now()) * 1_000_000n,
          type,
          action,
          actor.id,
          JSON.stringify(actor.attributes),
        ),
      { durable: false },
    );
}
