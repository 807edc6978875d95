import { spawnSync } from 'node:child_process';
import { type ByteString, toByteString } from '../../src/base/byte-string.ts';
import type { ByteStream } from '../../src/base/streams.ts';
import { checksum } from '../../src/tar/block.ts';
import type { TarEntry } from '../../src/tar/entry.ts';
import { expandSparse } from '../../src/tar/expand-sparse.ts';
import { formatPaxRecord } from '../../src/tar/pax.ts';
import { readTar } from '../../src/tar/read-tar.ts';
import { type TarLimits, TarScanner } from '../../src/tar/scanner.ts';
import { tarPadding, tarTrailer } from '../../src/tar/writer.ts';

export interface RawHeader {
  readonly name?: string | Uint8Array;
  readonly type?: string;
  readonly linkName?: string;
  readonly magic?: string;
  readonly prefix?: string;
  /** Fields as text or bytes, written as they are; numbers are written in octal. */
  readonly mode?: number | string | Uint8Array;
  readonly uid?: number | string | Uint8Array;
  readonly gid?: number | string | Uint8Array;
  readonly size?: number | string | Uint8Array;
  readonly mtime?: number | string | Uint8Array;
  /** Bytes to put over the block, by their offset, before the checksum is made. */
  readonly patch?: Readonly<Record<number, string | Uint8Array>>;
}

/** A header block with exactly what it is given, right or wrong; only its checksum is always right. */
function rawHeader(header: RawHeader): Buffer {
  const block = Buffer.alloc(512);
  const put = (at: number, value: string | Uint8Array): void => {
    block.set(Buffer.from(value), at);
  };
  const number = (at: number, length: number, value: number | string | Uint8Array): void =>
    put(at, typeof value === 'number' ? `${value.toString(8).padStart(length - 1, '0')}\0` : value);
  put(0, header.name ?? 'file');
  number(100, 8, header.mode ?? 0o644);
  number(108, 8, header.uid ?? 0);
  number(116, 8, header.gid ?? 0);
  number(124, 12, header.size ?? 0);
  number(136, 12, header.mtime ?? 0);
  put(156, header.type ?? '0');
  put(157, header.linkName ?? '');
  put(257, header.magic ?? 'ustar\u000000');
  put(345, header.prefix ?? '');
  for (const [at, value] of Object.entries(header.patch ?? {})) put(Number(at), value);
  put(148, `${checksum(block).toString(8).padStart(6, '0')}\0 `);
  return block;
}

/** A header with content behind it, filled up to whole blocks. */
export function rawMember(header: RawHeader, content: Uint8Array | string = ''): Buffer {
  const bytes = Buffer.from(content);
  return Buffer.concat([
    rawHeader({ size: bytes.byteLength, ...header }),
    bytes,
    tarPadding(bytes.byteLength),
  ]);
}

/** A pax header, for one member (`x`) or all that follow (`g`). */
export function rawPax(records: Readonly<Record<string, string>>, type = 'x'): Buffer {
  const payload = Object.entries(records).map(([key, value]) =>
    formatPaxRecord(toByteString(key), toByteString(value)),
  );
  return rawMember({ name: 'PaxHeader', type }, Buffer.concat(payload));
}

export function archiveOf(...members: readonly Uint8Array[]): Buffer {
  return Buffer.concat([...members, tarTrailer]);
}

/** An 8- or 12-byte field in GNU's base-256. */
export function base256(value: bigint, length: number): Buffer {
  const field = Buffer.alloc(length);
  const wide = BigInt.asUintN(length * 8, value);
  for (let index = 0; index < length; index += 1) {
    field[index] = Number((wide >> BigInt(8 * (length - 1 - index))) & 0xffn);
  }
  field[0] = value < 0n ? 0xff : (field[0] as number) | 0x80;
  return field;
}

/** The entries that the scanner gives, the archive cut into pieces of `chunkSize` bytes. */
export function scan(archive: Uint8Array, chunkSize: number = 1 << 20, limits: TarLimits = {}): TarEntry[] {
  const entries: TarEntry[] = [];
  const scanner = new TarScanner({ entry: (entry) => entries.push(entry) }, limits);
  for (let at = 0; at < archive.byteLength; at += chunkSize)
    scanner.write(archive.subarray(at, at + chunkSize));
  scanner.end();
  return entries;
}

export async function* inChunks(bytes: Uint8Array, chunkSize: number = 1 << 16): ByteStream {
  for (let at = 0; at < bytes.byteLength; at += chunkSize) yield bytes.subarray(at, at + chunkSize);
}

export interface MemberWithContent {
  readonly entry: TarEntry;
  /** Holes filled with zeros. */
  readonly content: Buffer;
}

/** @param wanted whose content is gathered; all by default */
export async function readMembers(
  archive: Uint8Array,
  chunkSize?: number,
  wanted: (entry: TarEntry) => boolean = () => true,
): Promise<MemberWithContent[]> {
  const members: MemberWithContent[] = [];
  for await (const { entry, content } of readTar(inChunks(archive, chunkSize))) {
    const pieces = wanted(entry) ? await Array.fromAsync(expandSparse(entry, content)) : [];
    members.push({ entry, content: Buffer.concat(pieces) });
  }
  return members;
}

/** Names as `tar --quoting-style=escape` prints them, trailing slashes removed. */
export function escapeName(name: ByteString): string {
  const special: Readonly<Record<string, string>> = {
    '\x07': '\\a',
    '\b': '\\b',
    '\t': '\\t',
    '\n': '\\n',
    '\v': '\\v',
    '\f': '\\f',
    '\r': '\\r',
    '\\': '\\\\',
    '\x7f': '\\177',
  };
  return name
    .replace(/[^ -[\]-~]/g, (char) => special[char] ?? `\\${char.charCodeAt(0).toString(8).padStart(3, '0')}`)
    .replace(/\/+$/, '');
}

export interface GnuList {
  readonly status: number | null;
  readonly names: readonly string[];
  readonly stderr: string;
}

/** What GNU tar lists; undefined where it is not on this machine. */
export function gnuTarList(archive: Uint8Array): GnuList | undefined {
  const { status, stdout, stderr, error } = spawnSync('tar', ['-tf', '-', '--quoting-style=escape'], {
    input: archive,
    env: { ...process.env, LC_ALL: 'C' },
    maxBuffer: 1 << 28,
  });
  if (error !== undefined || !hasGnuTar()) return undefined;
  const names = stdout.toString('latin1').split('\n').slice(0, -1);
  return { status, names: names.map((name) => name.replace(/\/+$/, '')), stderr: stderr.toString() };
}

export function hasGnuTar(): boolean {
  const { error, stdout } = spawnSync('tar', ['--version']);
  return error === undefined && stdout.toString().includes('GNU tar');
}
