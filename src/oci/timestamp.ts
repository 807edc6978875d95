import { LamellaError } from '../base/errors.ts';
import { parseGoDuration } from './go-duration.ts';

const calendar =
  /^(\d{4}-\d\d-\d\d)(?:T(\d\d)(?::(\d\d)(?::(\d\d)(?:\.(\d{1,9}))?)?)?)?(Z|z|[+-]\d\d:\d\d)?$/;
const unix = /^(\d{1,12})(?:\.(\d{1,9}))?$/;

/**
 * A point in time as people give it to filters: a Go duration before now (`10m`, `1h30m`), a date or time (RFC 3339, its
 * end and its zone left out at will; local time without a zone), or seconds since 1970 (moby api/types/time).
 *
 * @param now milliseconds since 1970
 * @returns milliseconds since 1970
 * @throws LamellaError invalid `time-invalid`
 */
export function parseTimestamp(text: string, now: number): number {
  const duration = parseDuration(text);
  if (duration !== undefined) return now - duration;
  const date = parseCalendar(text);
  if (date !== undefined) return date;
  const seconds = unix.exec(text);
  if (seconds !== null) return Number(seconds[1]) * 1000 + Number(`0.${seconds[2] ?? 0}`) * 1000;
  throw new LamellaError('invalid', `failed to parse value as time or duration: ${JSON.stringify(text)}`, {
    code: 'time-invalid',
  });
}

/** Milliseconds; undefined for what is no duration. */
function parseDuration(text: string): number | undefined {
  try {
    return parseGoDuration(text) / 1e6;
  } catch {
    return undefined;
  }
}

function parseCalendar(text: string): number | undefined {
  const match = calendar.exec(text);
  if (match === null) return undefined;
  const [, day = '', hour = '00', minute = '00', second = '00', fraction = '', zone = ''] = match;
  const time = Date.parse(`${day}T${hour}:${minute}:${second}${zone.toUpperCase()}`);
  return Number.isNaN(time) ? undefined : time + Number(`0.${fraction}0`) * 1000;
}
