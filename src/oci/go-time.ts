import { LamellaError } from '../base/errors.ts';

/** A point in time as Go has it: to the nanosecond, which Date is too coarse for. */
export interface GoTime {
  /** Since 1970, before it negative. */
  readonly seconds: number;
  /** 0–999,999,999, counting forward. */
  readonly nanoseconds: number;
}

/** What Go prints for a time that was never set. */
export const zeroTime = '0001-01-01T00:00:00Z';

const rfc3339 =
  /^(\d{4})-(\d{2})-(\d{2})T(\d{2}):(\d{2}):(\d{2})(?:[.,](\d{1,18}))?(?:Z|([+-])(\d{2}):(\d{2}))$/;

/**
 * Reads a time in RFC 3339, with any fraction.
 *
 * @throws LamellaError invalid `time-invalid`
 */
export function parseGoTime(text: string): GoTime {
  const match = rfc3339.exec(text);
  if (match === null) throw invalid(text);
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = match.slice(1, 7).map(Number);
  const [, , , , , , , fraction = '', sign, offsetHours = '0', offsetMinutes = '0'] = match;
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);
  date.setUTCHours(hour, minute, second);
  const sameDay = date.getUTCMonth() === month - 1 && date.getUTCDate() === day;
  if (!sameDay || hour > 23 || minute > 59 || second > 59) throw invalid(text);
  const offset = (Number(offsetHours) * 60 + Number(offsetMinutes)) * 60 * (sign === '-' ? -1 : 1);
  return {
    seconds: date.getTime() / 1000 - offset,
    nanoseconds: Number(fraction.slice(0, 9).padEnd(9, '0')),
  };
}

/** RFC 3339 in UTC with as many digits of a second as it takes, as Go's RFC3339Nano prints it. */
export function formatGoTime({ seconds, nanoseconds }: GoTime): string {
  const whole = new Date(seconds * 1000).toISOString().slice(0, 19);
  const fraction = String(nanoseconds).padStart(9, '0').replace(/0+$/, '');
  return `${whole}${fraction === '' ? '' : `.${fraction}`}Z`;
}

/** The present time, to the nanosecond where the clock gives it. */
export function goNow(): GoTime {
  const now = performance.timeOrigin + performance.now();
  const seconds = Math.floor(now / 1000);
  return { seconds, nanoseconds: Math.min(999_999_999, Math.round((now - seconds * 1000) * 1e6)) };
}

/** Milliseconds since 1970, rounded down. */
export function goTimeToMilliseconds({ seconds, nanoseconds }: GoTime): number {
  return seconds * 1000 + Math.floor(nanoseconds / 1e6);
}

function invalid(text: string): LamellaError {
  return new LamellaError('invalid', `invalid time: ${JSON.stringify(text.slice(0, 100))}`, {
    code: 'time-invalid',
  });
}
