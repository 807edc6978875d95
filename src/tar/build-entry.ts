import type { ByteString } from '../base/byte-string.ts';
import type { TarEntry, TarEntryType } from './entry.ts';
import { field, type TarHeader, typeFlag } from './header.ts';
import { parseDecimal, parsePaxTime, type PaxRecord } from './pax.ts';
import { xattrsOf } from './pax-xattrs.ts';
import { sparseNumbersOf, type SparseNumbers } from './sparse-map.ts';
import { ambiguousTar, badHeader, tarLimit } from './tar-errors.ts';

/** What headers in front of a member said about it. */
export interface MemberContext {
  readonly global: ReadonlyMap<ByteString, ByteString>;
  readonly local: readonly PaxRecord[] | undefined;
  readonly longName: ByteString | undefined;
  readonly longLink: ByteString | undefined;
  readonly maxPath: number;
}

/** A member whose sparse map and place are not settled yet. */
export interface PendingEntry {
  readonly entry: Omit<TarEntry, 'dataOffset' | 'storedSize' | 'sparse'>;
  /** Bytes behind the header, without padding. */
  readonly storedSize: number;
  /** These bytes are no content of the member: GNU tar's list of a directory. */
  readonly skipped: boolean;
  readonly sparse: SparseNumbers | undefined;
  /** The map stands in front of the content (format 1.0). */
  readonly sparseInContent: boolean;
}

/** The highest ID that Linux gives: 2³² − 1 means "none". */
const maxId = 0xffff_fffe;
const noRecords: ReadonlyMap<ByteString, ByteString> = new Map();

/** Puts a member together from its header and what came before it; pax records win, then GNU's, then the header's fields. */
export function buildEntry(header: TarHeader, context: MemberContext): PendingEntry {
  const records = mergeRecords(context);
  const sparse =
    header.type === typeFlag.gnuSparse ? oldSparse(header, records) : paxSparse(records, context.local);
  const path =
    records.get('GNU.sparse.name' as ByteString) ??
    pick(records, 'path', context.longName, () => header.name);
  const type = entryType(header, path);
  const storedSize = storedSizeOf(header, records, type);
  if (sparse.size !== undefined && type !== 'file')
    throw ambiguousTar('something that is not a file is sparse');
  const isLink = type === 'hardlink' || type === 'symlink';
  const isDevice = type === 'char' || type === 'block';
  const linkPath = isLink
    ? pick(records, 'linkpath', context.longLink, () => header.text(field.linkName))
    : ('' as ByteString);
  checkPath(path, context.maxPath);
  checkPath(linkPath, context.maxPath, type === 'symlink');
  const mtime = records.get('mtime' as ByteString);
  const name = (key: 'uname' | 'gname'): ByteString =>
    records.get(key as ByteString) ?? (header.extended ? header.text(field[key]) : ('' as ByteString));
  return {
    entry: {
      type,
      path,
      linkPath,
      mode: header.number(field.mode) & 0o7777,
      uid: id(header, records, 'uid'),
      gid: id(header, records, 'gid'),
      uname: name('uname'),
      gname: name('gname'),
      size: type === 'file' ? (sparse.size ?? storedSize) : 0,
      mtime:
        mtime === undefined ? { seconds: header.number(field.mtime), nanoseconds: 0 } : parsePaxTime(mtime),
      devMajor: isDevice ? device(header.number(field.devMajor)) : 0,
      devMinor: isDevice ? device(header.number(field.devMinor)) : 0,
      xattrs: xattrsOf(records),
    },
    storedSize,
    skipped: header.type === typeFlag.gnuDirectory,
    sparse: sparse.numbers,
    sparseInContent: sparse.inContent,
  };
}

/** Local over global; an empty value takes a record back (POSIX.1-2017, pax, "pax Extended Header"). */
function mergeRecords({ global, local }: MemberContext): ReadonlyMap<ByteString, ByteString> {
  if (local === undefined) return global.size === 0 ? noRecords : global;
  const merged = new Map(global);
  for (const [key, value] of local) {
    const isXattr = key.startsWith('SCHILY.xattr.');
    if (value === '' && !isXattr) merged.delete(key);
    else merged.set(key, value);
  }
  return merged;
}

function pick(
  records: ReadonlyMap<ByteString, ByteString>,
  key: 'path' | 'linkpath',
  long: ByteString | undefined,
  short: () => ByteString,
): ByteString {
  const record = records.get(key as ByteString);
  if (record === undefined) return long ?? short();
  if (record.includes('\0')) throw badHeader(`${key} holds a NUL`);
  if (long !== undefined && long !== record)
    throw ambiguousTar(`GNU and pax headers disagree about the ${key} of a member`);
  return record;
}

function entryType(header: TarHeader, path: ByteString): TarEntryType {
  switch (header.type) {
    case typeFlag.hardlink:
      return 'hardlink';
    case typeFlag.symlink:
      return 'symlink';
    case typeFlag.char:
      return 'char';
    case typeFlag.block:
      return 'block';
    case typeFlag.directory:
    case typeFlag.gnuDirectory:
      return 'directory';
    case typeFlag.fifo:
      return 'fifo';
    case typeFlag.file:
    case typeFlag.oldFile:
    case typeFlag.contiguous:
      return path.endsWith('/') ? 'directory' : 'file'; // version 7 knew no type for directories
    default:
      return 'file'; // as POSIX asks for types that a reader does not know
  }
}

/**
 * GNU tar skips content behind anything that has a size, Docker and Python only behind files: whatever else has one
 * shows different members to them. A hard link's own field is ignored by all, and old writers did fill it.
 */
function storedSizeOf(
  header: TarHeader,
  records: ReadonlyMap<ByteString, ByteString>,
  type: TarEntryType,
): number {
  const record = records.get('size' as ByteString);
  const size = record === undefined ? header.number(field.size) : parseDecimal(record);
  if (size === undefined || size < 0) throw badHeader('its size is not a number that a size can be');
  if (type === 'hardlink' && record === undefined) return 0;
  if (size > 0 && type !== 'file' && header.type !== typeFlag.gnuDirectory) {
    throw ambiguousTar(`a ${type} has content of ${size} bytes`);
  }
  return size;
}

interface SparseInfo {
  /** The file's size with its holes; undefined where the file is not sparse. */
  readonly size: number | undefined;
  readonly numbers: SparseNumbers | undefined;
  readonly inContent: boolean;
}

const notSparse: SparseInfo = { size: undefined, numbers: undefined, inContent: false };

function oldSparse(header: TarHeader, records: ReadonlyMap<ByteString, ByteString>): SparseInfo {
  for (const key of records.keys()) {
    if (key.startsWith('GNU.sparse.')) throw ambiguousTar('a file is sparse in two ways');
  }
  const size = header.number(field.oldRealSize);
  if (size < 0) throw badHeader('its size is negative');
  return { size, numbers: undefined, inContent: false };
}

function paxSparse(
  records: ReadonlyMap<ByteString, ByteString>,
  local: readonly PaxRecord[] | undefined,
): SparseInfo {
  if (local === undefined) return notSparse;
  const get = (key: string): string | undefined => records.get(`GNU.sparse.${key}` as ByteString);
  const major = get('major');
  const sizeText = get('realsize') ?? get('size');
  if (major === undefined && sizeText === undefined && get('map') === undefined) return notSparse;
  const size = parseDecimal(sizeText ?? '');
  if (size === undefined) throw badHeader('a sparse file has no size');
  if (major === undefined || (major === '0' && get('minor') !== undefined)) {
    return { size, numbers: sparseNumbersOf(local), inContent: false };
  }
  if (major === '1' && get('minor') === '0') return { size, numbers: undefined, inContent: true };
  throw badHeader('its sparse format is unknown');
}

function id(header: TarHeader, records: ReadonlyMap<ByteString, ByteString>, key: 'uid' | 'gid'): number {
  const record = records.get(key as ByteString);
  const value = record === undefined ? header.number(field[key]) : parseDecimal(record);
  if (value === undefined || value < 0 || value > maxId) throw badHeader(`its ${key} is out of range`);
  return value;
}

function device(value: number): number {
  if (value < 0 || value > 0xffff_ffff) throw badHeader('its device number is out of range');
  return value;
}

const maxComponent = 255;

function checkPath(path: ByteString, maxPath: number, isTarget = false): void {
  if (path.length <= maxComponent) return;
  if (path.length > maxPath)
    throw tarLimit('tar-path-too-long', `file name too long: a path of ${path.length} bytes`);
  if (isTarget) return;
  for (const component of path.split('/')) {
    if (component.length > maxComponent) {
      throw tarLimit('tar-path-too-long', `file name too long: a name of ${component.length} bytes`);
    }
  }
}
