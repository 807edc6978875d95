import { isUtf8 as isUtf8Bytes } from 'node:buffer';
import { fromByteString, type ByteString } from '../base/byte-string.ts';
import { LamellaError } from '../base/errors.ts';
import { blockSize, checksum, paddingLength } from './block.ts';
import type { TarEntryType, TarTime } from './entry.ts';
import { field, typeFlag } from './header.ts';
import { formatPaxRecord, formatPaxTime } from './pax.ts';
import { xattrKey } from './pax-xattrs.ts';

/** What {@link formatTarHeader} writes; what is left out is 0 or empty, the mode 0o644 (0o755 for a directory). */
export interface TarMember {
  readonly type: TarEntryType;
  /** A directory's gets a `/` at its end if it has none. */
  readonly path: ByteString;
  readonly linkPath?: ByteString;
  readonly mode?: number;
  readonly uid?: number;
  readonly gid?: number;
  readonly uname?: ByteString;
  readonly gname?: ByteString;
  /** Bytes of content that follow the header; only a file has any. */
  readonly size?: number;
  readonly mtime?: TarTime;
  readonly devMajor?: number;
  readonly devMinor?: number;
  readonly xattrs?: ReadonlyMap<ByteString, Uint8Array>;
}

/** Two blocks of zeros: the end of an archive. */
export const tarTrailer: Uint8Array = new Uint8Array(2 * blockSize);

const noPadding = new Uint8Array(blockSize);

/** The zeros that fill the last block of content of `size` bytes: 0 to 511 of them. */
export function tarPadding(size: number): Uint8Array {
  return noPadding.subarray(0, paddingLength(size));
}

const flags: Readonly<Record<TarEntryType, string>> = {
  file: typeFlag.file,
  hardlink: typeFlag.hardlink,
  symlink: typeFlag.symlink,
  char: typeFlag.char,
  block: typeFlag.block,
  directory: typeFlag.directory,
  fifo: typeFlag.fifo,
};

/**
 * The header blocks of a member: one of ustar where it can hold all, else a pax extended header with sorted records in
 * front of it. The same member gives the same bytes, always.
 *
 * @throws LamellaError invalid `tar-member-invalid` for what no header can hold: a NUL in a name, device numbers over
 *   2,097,151, negative or inexact numbers
 */
export function formatTarHeader(member: TarMember): Uint8Array {
  const block = Buffer.alloc(blockSize);
  const records = new Map<string, ByteString>();
  const isDirectory = member.type === 'directory';
  writePath(block, records, isDirectory && !member.path.endsWith('/') ? addSlash(member.path) : member.path);
  writeText(block, records, 'linkpath', field.linkName, member.linkPath ?? ('' as ByteString));
  writeText(block, records, 'uname', field.uname, member.uname ?? ('' as ByteString));
  writeText(block, records, 'gname', field.gname, member.gname ?? ('' as ByteString));
  writeNumber(block, records, 'uid', field.uid, member.uid ?? 0);
  writeNumber(block, records, 'gid', field.gid, member.gid ?? 0);
  writeNumber(block, records, 'size', field.size, member.type === 'file' ? (member.size ?? 0) : 0);
  writeNumber(block, undefined, 'mode', field.mode, (member.mode ?? (isDirectory ? 0o755 : 0o644)) & 0o7777);
  writeNumber(block, undefined, 'device number', field.devMajor, member.devMajor ?? 0);
  writeNumber(block, undefined, 'device number', field.devMinor, member.devMinor ?? 0);
  writeTime(block, records, member.mtime ?? { seconds: 0, nanoseconds: 0 });
  for (const [name, value] of member.xattrs ?? []) {
    if (name === '' || name.includes('\0'))
      throw invalid('the name of an extended attribute is empty or holds a NUL');
    records.set(xattrKey(name), Buffer.from(value).toString('latin1') as ByteString);
  }
  seal(block, flags[member.type]);
  return records.size === 0 ? block : Buffer.concat([formatExtendedHeader(records), block]);
}

function formatExtendedHeader(records: ReadonlyMap<string, ByteString>): Buffer {
  const sorted = [...records].sort(([left], [right]) => (left < right ? -1 : 1));
  const payload = sorted.map(([key, value]) => formatPaxRecord(key as ByteString, value));
  // POSIX reads names as UTF-8 unless told otherwise, and told in front of them.
  const isText = ['path', 'linkpath', 'uname', 'gname'].every((key) => isUtf8(records.get(key)));
  if (!isText) payload.unshift(formatPaxRecord('hdrcharset' as ByteString, 'BINARY' as ByteString));
  const size = payload.reduce((sum, record) => sum + record.byteLength, 0);
  const block = Buffer.alloc(blockSize);
  block.write('././@PaxHeader', 'latin1');
  writeNumber(block, undefined, 'mode', field.mode, 0o644);
  for (const at of [field.uid, field.gid, field.mtime, field.devMajor, field.devMinor]) {
    writeNumber(block, undefined, 'number', at, 0);
  }
  writeNumber(block, undefined, 'size', field.size, size);
  seal(block, typeFlag.pax);
  return Buffer.concat([block, ...payload, tarPadding(size)]);
}

function seal(block: Buffer, type: string): void {
  block.write(type, field.type, 'latin1');
  block.write('ustar\u000000', 257, 'latin1');
  block.write(`${checksum(block).toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
}

function writePath(block: Buffer, records: Map<string, ByteString>, path: ByteString): void {
  const [nameStart, nameLength] = field.name;
  const [prefixStart, prefixLength] = field.prefix;
  if (path.length > nameLength && isAscii(path)) {
    // The slash in between is not stored: at most 155 bytes before it, 1 to 100 behind it.
    const slash = path.indexOf('/', path.length - nameLength - 1);
    if (slash > 0 && slash <= prefixLength && slash < path.length - 1) {
      refuseNul(path);
      block.write(path.slice(0, slash), prefixStart, 'latin1');
      block.write(path.slice(slash + 1), nameStart, 'latin1');
      return;
    }
  }
  writeText(block, records, 'path', field.name, path);
}

/** Into its field as far as it fits, for readers without pax; into a record if it is too long or not ASCII. */
function writeText(
  block: Buffer,
  records: Map<string, ByteString>,
  key: 'path' | 'linkpath' | 'uname' | 'gname',
  [start, length]: readonly [number, number],
  text: ByteString,
): void {
  refuseNul(text);
  // User and group names end with a NUL within their field; paths may fill theirs.
  const room = key === 'path' || key === 'linkpath' ? length : length - 1;
  if (text.length > room || !isAscii(text)) records.set(key, text);
  block.write(text.slice(0, room), start, 'latin1');
}

function writeNumber(
  block: Buffer,
  records: Map<string, ByteString> | undefined,
  key: string,
  [start, length]: readonly [number, number],
  value: number,
): void {
  if (!Number.isSafeInteger(value) || value < 0) throw invalid(`its ${key} is ${value}`);
  const fits = value < 8 ** (length - 1);
  if (!fits) {
    if (records === undefined) throw invalid(`its ${key} is ${value}`);
    records.set(key, String(value) as ByteString);
  }
  block.write(`${(fits ? value : 0).toString(8).padStart(length - 1, '0')}\0`, start, 'latin1');
}

function writeTime(block: Buffer, records: Map<string, ByteString>, time: TarTime): void {
  const { seconds, nanoseconds } = time;
  if (
    !Number.isSafeInteger(seconds) ||
    !Number.isInteger(nanoseconds) ||
    nanoseconds < 0 ||
    nanoseconds > 999_999_999
  ) {
    throw invalid(`its time is ${seconds} s and ${nanoseconds} ns`);
  }
  const fits = seconds >= 0 && seconds < 8 ** (field.mtime[1] - 1);
  if (!fits || nanoseconds > 0) records.set('mtime', formatPaxTime(time) as ByteString);
  writeNumber(block, undefined, 'mtime', field.mtime, fits ? seconds : 0);
}

function addSlash(path: ByteString): ByteString {
  return `${path}/` as ByteString;
}

function isAscii(text: string): boolean {
  return !/[^\0-\x7f]/.test(text);
}

function isUtf8(text: ByteString | undefined): boolean {
  return text === undefined || isUtf8Bytes(fromByteString(text));
}

function refuseNul(text: string): void {
  if (text.includes('\0')) throw invalid('a name holds a NUL');
}

function invalid(reason: string): LamellaError {
  return new LamellaError('invalid', `archive/tar: cannot encode header: ${reason}`, {
    code: 'tar-member-invalid',
  });
}
