import { byteString, fromByteString, type ByteString } from '../base/byte-string.ts';
import type { TarTime } from './entry.ts';
import { badHeader } from './tar-errors.ts';

/** One record of a pax extended header. */
export type PaxRecord = readonly [key: ByteString, value: ByteString];

const space = 0x20;
const newline = 0x0a;

/**
 * The records of an extended header in their order: `"%d %s=%s\n"`, the number counting the whole record
 * (POSIX.1-2017, pax, "pax Extended Header").
 *
 * @throws LamellaError corrupt `tar-header-invalid`
 */
export function parsePaxRecords(bytes: Buffer): PaxRecord[] {
  const records: PaxRecord[] = [];
  let at = 0;
  while (at < bytes.byteLength) {
    if (bytes[at] === 0) break; // GNU tar and star stop at a NUL, which some writers pad with
    const afterLength = bytes.indexOf(space, at);
    const digits = afterLength > at && afterLength - at < 10 ? bytes.toString('latin1', at, afterLength) : '';
    if (!/^\d+$/.test(digits)) throw badHeader('a pax record has no length');
    const end = at + Number(digits);
    const equals = bytes.indexOf('=', afterLength);
    if (end > bytes.byteLength || equals <= afterLength + 1 || equals >= end || bytes[end - 1] !== newline) {
      throw badHeader('a pax record is malformed');
    }
    const key = byteString(bytes.subarray(afterLength + 1, equals));
    records.push([key, byteString(bytes.subarray(equals + 1, end - 1))]);
    at = end;
  }
  return records;
}

/** The bytes of one record, its length included in itself. */
export function formatPaxRecord(key: ByteString, value: ByteString): Buffer {
  const rest = key.length + value.length + 3; // a space, '=' and a newline
  let length = rest + String(rest).length;
  if (rest + String(length).length !== length) length = rest + String(length).length;
  return fromByteString(`${length} ${key}=${value}\n` as ByteString);
}

/** Decimal digits as a number, `undefined` for anything else and for what is not exact. */
export function parseDecimal(text: string): number | undefined {
  if (!/^\d{1,16}$/.test(text)) return undefined;
  const value = Number(text);
  return Number.isSafeInteger(value) ? value : undefined;
}

/**
 * A time of a pax record: decimal seconds with any number of fractional digits, negative before 1970. Digits beyond
 * nanoseconds are rounded towards the past, as GNU tar does.
 *
 * @throws LamellaError corrupt `tar-header-invalid`
 */
export function parsePaxTime(text: string): TarTime {
  const match = /^(-?)(\d{1,16})(?:\.(\d*))?$/.exec(text);
  const whole = Number(match?.[2]);
  if (match === null || !Number.isSafeInteger(whole)) throw badHeader('a time is not decimal seconds');
  const fraction = (match[3] ?? '').slice(0, 9).padEnd(9, '0');
  const nanoseconds = Number(fraction);
  if (match[1] === '') return { seconds: whole, nanoseconds };
  const before = nanoseconds + (/[1-9]/.test((match[3] ?? '').slice(9)) ? 1 : 0);
  if (before === 0) return { seconds: whole === 0 ? 0 : -whole, nanoseconds: 0 };
  return { seconds: -whole - 1, nanoseconds: 1_000_000_000 - before };
}

/** The shortest exact form of a time for a pax record. */
export function formatPaxTime({ seconds, nanoseconds }: TarTime): string {
  const negative = seconds < 0;
  const borrow = negative && nanoseconds > 0;
  const whole = Math.abs(borrow ? seconds + 1 : seconds);
  const rest = borrow ? 1_000_000_000 - nanoseconds : nanoseconds;
  const fraction = rest === 0 ? '' : `.${String(rest).padStart(9, '0').replace(/0+$/, '')}`;
  return `${negative ? '-' : ''}${whole}${fraction}`;
}
