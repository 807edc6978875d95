import { setTimeout as sleep } from 'node:timers/promises';
import { cancelled, ServerFailure } from './failure.ts';

/** Milliseconds, and a count. */
export interface Patience {
  /** How often the same is asked again. */
  readonly retries: number;
  readonly firstDelay: number;
  readonly longestDelay: number;
  /** Where a server wants us to wait for longer than this, we say so instead of waiting. */
  readonly longestRetryAfter: number;
}

export const defaultPatience: Patience = {
  retries: 5,
  firstDelay: 250,
  longestDelay: 10_000,
  longestRetryAfter: 60_000,
};

/**
 * Does it again while it fails in a way that may pass: after growing, random delays, or when the server says.
 *
 * @param attempt must be harmless to repeat
 */
export async function patiently<T>(
  attempt: () => Promise<T>,
  { patience, signal }: { patience: Patience; signal?: AbortSignal | undefined },
): Promise<T> {
  for (let failures = 0; ; failures += 1) {
    try {
      return await attempt();
    } catch (error) {
      const delay = delayAfter(error, failures, patience);
      if (delay === undefined) throw error;
      await pause(delay, signal);
    }
  }
}

/** @returns milliseconds, undefined where asking again is of no use */
export function delayAfter(error: unknown, failures: number, patience: Patience): number | undefined {
  if (!(error instanceof ServerFailure) || error.again === 'never') return undefined;
  const { firstDelay, longestDelay, longestRetryAfter } = patience;
  if (failures >= (error.again === 'briefly' ? 2 : patience.retries)) return undefined;
  const { retryAfter = 0 } = error;
  if (retryAfter > longestRetryAfter) return undefined;
  const grown = Math.min(firstDelay * 2 ** failures, longestDelay);
  return Math.max(retryAfter, grown * (0.5 + Math.random()));
}

export async function pause(milliseconds: number, signal: AbortSignal | undefined): Promise<void> {
  try {
    await sleep(milliseconds, undefined, { ...(signal && { signal }) });
  } catch {
    throw cancelled(signal);
  }
}

/**
 * RFC 9110, 10.2.3: seconds, or a date.
 *
 * @returns milliseconds from now
 */
export function parseRetryAfter(text: string | undefined, now: number = Date.now()): number | undefined {
  if (text === undefined) return undefined;
  if (/^\d{1,9}$/.test(text.trim())) return Number(text) * 1000;
  const date = Date.parse(text);
  return Number.isNaN(date) ? undefined : Math.max(0, date - now);
}
