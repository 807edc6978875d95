import { LamellaError } from '../base/errors.ts';

const calendar =
  /^(\d{4}-\d\d-\d\d)(?:T(\d\d)(?::(\d\d)(?::(\d\d)(?:\.(\d{1,9}))?)?)?)?(Z|z|[+-]\d\d:\d\d)?$/;
const unix = /^(\d{1,12})(?:\.(\d{1,9}))?$/;
const durationPart = /(\d+(?:\.\d*)?|\.\d+)(ns|us|µs|μs|ms|s|m|h)/y;
const unitMilliseconds: Readonly<Record<string, number>> = {
  ns: 1e-6,
  us: 1e-3,
  µs: 1e-3,
  μs: 1e-3,
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
};

/**
 * A point in time as people give it to filters: a Go duration before now (`10m`, `1h30m`), a date or time (RFC 3339, its
 * end and its zone left out at will; local time without a zone), or seconds since 1970 (moby api/types/time).
 *
 * @param now milliseconds since 1970
 * @returns milliseconds since 1970
 * @throws LamellaError invalid `time-invalid`
 */
export function parseTimestamp(text: string, now: number): number {
  const duration = parseGoDuration(text);
  if (duration !== undefined) return now - duration;
  const date = parseCalendar(text);
  if (date !== undefined) return date;
  const seconds = unix.exec(text);
  if (seconds !== null) return Number(seconds[1]) * 1000 + Number(`0.${seconds[2] ?? 0}`) * 1000;
  throw new LamellaError('invalid', `failed to parse value as time or duration: ${JSON.stringify(text)}`, {
    code: 'time-invalid',
  });
}

/** Milliseconds of a duration in Go's form; undefined where it is none. */
export function parseGoDuration(text: string): number | undefined {
  const sign = text.startsWith('-') ? -1 : 1;
  const unsigned = text.replace(/^[+-]/, '');
  if (unsigned === '0') return 0;
  let milliseconds = 0;
  let position = 0;
  while (position < unsigned.length) {
    durationPart.lastIndex = position;
    const match = durationPart.exec(unsigned);
    if (match === null) return undefined;
    milliseconds += Number(match[1]) * (unitMilliseconds[match[2] ?? ''] ?? 0);
    position = durationPart.lastIndex;
  }
  return position === 0 ? undefined : sign * milliseconds;
}

function parseCalendar(text: string): number | undefined {
  const match = calendar.exec(text);
  if (match === null) return undefined;
  const [, day = '', hour = '00', minute = '00', second = '00', fraction = '', zone = ''] = match;
  const time = Date.parse(`${day}T${hour}:${minute}:${second}${zone.toUpperCase()}`);
  return Number.isNaN(time) ? undefined : time + Number(`0.${fraction}0`) * 1000;
}
