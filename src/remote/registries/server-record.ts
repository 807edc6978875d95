import type { EndpointOutcome } from './endpoint.ts';

/** What requests have shown of one server. Times are milliseconds since 1970. */
export interface ServerRecord {
  /** When it last changed. */
  readonly at: number;
  /** It is asked last until then; 0 where nothing is wrong. */
  readonly until: number;
  /** How often in succession that was so, which makes it longer. */
  readonly failures: number;
  readonly kind: 'failed' | 'wrong';
  readonly reason: string;
  /** Bytes a second, lately; and when that was measured. */
  readonly speed?: number;
  readonly measuredAt?: number;
}

const minute = 60_000;
const pauses = {
  failed: { first: minute, longest: 30 * minute },
  wrong: { first: 10 * minute, longest: 240 * minute },
};
/** So long after a pause a new failure counts as the first. */
const forgiveness = 60 * minute;
const speedsLast = 60 * minute;

export const unknownServer: ServerRecord = { at: 0, until: 0, failures: 0, kind: 'failed', reason: '' };

/** Whether a server is to be asked last. A record from the future says nothing: the clock has been set back. */
export function isPaused(record: ServerRecord | undefined, now: number): boolean {
  return record !== undefined && record.at <= now && now < record.until;
}

/** Bytes a second, as far as it is known and not too long ago. */
export function knownSpeed(record: ServerRecord | undefined, now: number): number | undefined {
  const { speed, measuredAt = 0 } = record ?? unknownServer;
  return measuredAt <= now && now - measuredAt < speedsLast ? speed : undefined;
}

/** The record after one more outcome; the same one where nothing is new. One from the future counts for nothing. */
export function recordOutcome(
  known: ServerRecord | undefined,
  outcome: EndpointOutcome,
  now: number,
): ServerRecord | undefined {
  const before = known !== undefined && known.at <= now ? known : undefined;
  const record = before ?? unknownServer;
  if (outcome.kind === 'answered') return recordAnswer(before, outcome.speed, now);
  const paused = isPaused(record, now);
  // Many requests that fail at the same time are one failure.
  if (paused && (record.kind === outcome.kind || record.kind === 'wrong')) return before;
  const recent = now - record.until < forgiveness;
  const failures = recent && record.kind === outcome.kind ? record.failures + 1 : 1;
  const { first, longest } = pauses[outcome.kind];
  const pause = Math.min(longest, first * 2 ** Math.min(failures - 1, 10));
  return {
    ...record,
    at: now,
    until: now + pause,
    failures,
    kind: outcome.kind,
    reason: outcome.reason.slice(0, 200),
  };
}

/** An answer ends the pause of a server that failed; one that gave wrong content may well answer all the time. */
function recordAnswer(
  before: ServerRecord | undefined,
  speed: number | undefined,
  now: number,
): ServerRecord | undefined {
  const recovers = before !== undefined && before.kind === 'failed' && before.failures > 0;
  if (!recovers && speed === undefined) return before;
  const record = before ?? unknownServer;
  const calm = recovers ? { until: 0, failures: 0, reason: '' } : {};
  if (speed === undefined || !(speed > 0)) return { ...record, ...calm, at: now };
  const known = knownSpeed(record, now);
  return {
    ...record,
    ...calm,
    at: now,
    speed: Math.round(known === undefined ? speed : (known + speed) / 2),
    measuredAt: now,
  };
}
