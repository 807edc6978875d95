import type { FileHandle } from 'node:fs/promises';
import type { ByteString } from '../base/byte-string.ts';
import type { TarEntry } from '../tar/entry.ts';
import { TarScanner } from '../tar/scanner.ts';
import { invalidArchive } from './archive-error.ts';
import { linkTarget, memberName } from './member-name.ts';

/** Where a member's bytes are in the file. */
export interface Member {
  readonly offset: number;
  readonly size: number;
}

export interface MemberTable {
  readonly files: ReadonlyMap<ByteString, Member>;
  /** Links by name, each with what it points to. */
  readonly links: ReadonlyMap<ByteString, ByteString>;
}

/** Names of which there must be one: what they say would depend on the reader otherwise. */
const singular: ReadonlySet<string> = new Set(['manifest.json', 'index.json', 'oci-layout', 'repositories']);

const block = 512;
const headerRead = 8 * block;

/** Reads the headers of an uncompressed tar file, and only those: what lies between is skipped, not read. */
export async function readMemberTable(file: FileHandle, fileSize: number): Promise<MemberTable> {
  const table = createMemberTable();
  let position = 0;
  for (;;) {
    const found = await readHeader(file, position);
    if (found === undefined) return table;
    const { entry, dataOffset } = found;
    const end = dataOffset + entry.storedSize;
    if (end > fileSize)
      throw invalidArchive('unexpected EOF', 'The file is incomplete: fetch or write it again.');
    table.add(entry, dataOffset);
    position = dataOffset + Math.ceil(entry.storedSize / block) * block;
  }
}

/** Also for those that come by one after the other. */
export function createMemberTable(): MemberTable & { add(entry: TarEntry, offset: number): ByteString } {
  const files = new Map<ByteString, Member>();
  const links = new Map<ByteString, ByteString>();
  return {
    files,
    links,
    add(entry, offset) {
      const name = memberName(entry.path);
      if (singular.has(name) && (files.has(name) || links.has(name)))
        throw invalidArchive(`two members are called ${name}`);
      files.delete(name);
      links.delete(name);
      if (entry.type === 'symlink') links.set(name, linkTarget(name, entry.linkPath));
      else if (entry.type === 'hardlink') links.set(name, memberName(entry.linkPath));
      // A sparse member would have to be put together first; no program writes an image like that.
      else if (entry.type === 'file' && entry.sparse === undefined)
        files.set(name, { offset, size: entry.size });
      return name;
    },
  };
}

/** The member whose header begins at `start`, or undefined where the archive ends there. */
async function readHeader(
  file: FileHandle,
  start: number,
): Promise<{ entry: TarEntry; dataOffset: number } | undefined> {
  let entry: TarEntry | undefined;
  const scanner = new TarScanner({ entry: (found) => (entry ??= found) });
  const buffer = Buffer.allocUnsafe(headerRead);
  for (let position = start; ; position += headerRead) {
    const { bytesRead } = await file.read(buffer, 0, headerRead, position);
    for (let at = 0; at < bytesRead; at += block) {
      scanner.write(buffer.subarray(at, Math.min(at + block, bytesRead)));
      if (entry !== undefined) return { entry, dataOffset: start + entry.dataOffset };
    }
    const isTrailer =
      position === start && buffer.subarray(0, Math.min(bytesRead, block)).every((byte) => byte === 0);
    if (bytesRead === headerRead && !isTrailer) continue;
    if (!isTrailer) scanner.end();
    return undefined;
  }
}
