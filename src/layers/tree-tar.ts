import { closeSync, fstatSync, read, type BigIntStats } from 'node:fs';
import { promisify } from 'node:util';
import type { ByteString } from '../base/byte-string.ts';
import { readFully } from '../base/files.ts';
import type { ByteStream } from '../base/streams.ts';
import { unpackDevice } from '../linux/nodes.ts';
import { dataRuns } from '../linux/sparse.ts';
import { getXattr, listXattrs } from '../linux/xattr.ts';
import { formatTarHeader, tarPadding, tarTrailer, type TarMember } from '../tar/writer.ts';
import type { ConfinedFolder } from '../linux/confined-folder.ts';
import { createBufferRing, type BufferRing, type LendOptions } from './buffer-ring.ts';
import { fileTime } from './file-time.ts';
import { isKeptXattr } from './kept-xattr.ts';
import { createPacker, type Packer } from './packer.ts';

/** One file of a tree on its way into a tar. */
export type TreeMember =
  | {
      readonly path: ByteString;
      readonly folder: ConfinedFolder;
      readonly name: ByteString;
      readonly status: BigIntStats;
    }
  /** Says that a lower file of this path is gone; becomes a file `.wh.<name>`. */
  | { readonly path: ByteString; readonly whiteout: true };

export interface TreeTarOptions extends LendOptions {
  readonly signal?: AbortSignal | undefined;
  /** Seconds since 1970: what is newer is told to be as old as this. */
  readonly newestTime?: number;
}

/** Files up to this size are read at once; larger ones while other work goes on. In bytes. */
const smallFile = 128 << 10;
const largePiece = 1 << 20;

const readAsync = promisify(read);

/**
 * A tar of files that may change while they are read. Always a valid one: what a file has lost since its size was told is
 * filled with zeros, what it has gained is left out. The same tree gives the same bytes: no access times, no user names,
 * modification times in whole seconds as Docker writes them. Sockets are left out, since tar has none.
 */
export async function* writeTreeTar(members: Iterable<TreeMember>, options: TreeTarOptions = {}): ByteStream {
  const packer = createPacker(options);
  const ring = createBufferRing(largePiece, 4, options);
  const links = new Map<string, ByteString>();
  for (const member of members) {
    options.signal?.throwIfAborted();
    if ('whiteout' in member) {
      packer.add(formatTarHeader({ type: 'file', path: whiteoutPath(member.path), mode: 0 }));
    } else {
      const { status } = member;
      const id = `${status.dev}:${status.ino}`;
      const first = status.isDirectory() || status.nlink < 2n ? undefined : links.get(id);
      if (first !== undefined) {
        packer.add(formatTarHeader({ type: 'hardlink', linkPath: first, ...metadata(member, options) }));
      } else if (status.isFile()) {
        if (yield* writeFile(packer, ring, member, options)) links.set(id, member.path);
      } else {
        const special = describeSpecial(member, options);
        if (special === undefined) continue;
        packer.add(formatTarHeader(special));
        if (!status.isDirectory()) links.set(id, member.path);
      }
    }
    yield* packer.full();
  }
  packer.add(tarTrailer);
  yield* packer.rest();
}

type Present = Extract<TreeMember, { folder: ConfinedFolder }>;

function whiteoutPath(path: ByteString): ByteString {
  const slash = path.lastIndexOf('/') + 1;
  return `${path.slice(0, slash)}.wh.${path.slice(slash)}` as ByteString;
}

function metadata(
  { path, status }: Present,
  { newestTime = Infinity }: TreeTarOptions,
): Omit<TarMember, 'type'> {
  return {
    path,
    mode: Number(status.mode & 0o7777n),
    uid: Number(status.uid),
    gid: Number(status.gid),
    mtime: { seconds: Math.min(fileTime(status.mtimeNs).seconds, newestTime), nanoseconds: 0 },
  };
}

/** Undefined for what tar cannot hold, and for a symlink that has gone. */
function describeSpecial(member: Present, options: TreeTarOptions): TarMember | undefined {
  const { status, folder, name } = member;
  const common = { ...metadata(member, options), xattrs: keptXattrs(folder.pathOf(name)) };
  if (status.isDirectory()) return { type: 'directory', ...common };
  if (status.isFIFO()) return { type: 'fifo', ...common };
  if (status.isSymbolicLink()) {
    const linkPath = folder.readlink(name);
    return linkPath === undefined ? undefined : { type: 'symlink', linkPath, ...common };
  }
  if (!status.isCharacterDevice() && !status.isBlockDevice()) return undefined;
  const { major, minor } = unpackDevice(status.rdev);
  return { type: status.isBlockDevice() ? 'block' : 'char', devMajor: major, devMinor: minor, ...common };
}

/** Returns whether the file was still there. */
async function* writeFile(
  packer: Packer,
  ring: BufferRing,
  member: Present,
  options: TreeTarOptions,
): AsyncGenerator<Uint8Array, boolean> {
  const fd = member.folder.openFile(member.name);
  if (fd === undefined) return false;
  try {
    const status = fstatSync(fd, { bigint: true });
    if (!status.isFile()) return false;
    const size = Number(status.size);
    const xattrs = keptXattrs(member.folder.pathOf(member.name));
    packer.add(formatTarHeader({ type: 'file', size, ...metadata({ ...member, status }, options), xattrs }));
    if (size <= smallFile) packer.fill(size, (buffer) => readSmall(fd, buffer));
    else {
      yield* packer.rest();
      yield* readLarge(ring, fd, size);
    }
    packer.add(tarPadding(size));
    return true;
  } finally {
    closeSync(fd);
  }
}

function readSmall(fd: number, buffer: Buffer): void {
  buffer.fill(0, readFully(fd, buffer, 0));
}

/** Holes are not read: their zeros come from one buffer, which is given again and again. */
async function* readLarge(ring: BufferRing, fd: number, size: number): AsyncGenerator<Uint8Array> {
  let at = 0;
  for (const run of [...dataRuns(fd, size), { offset: size, length: 0 }]) {
    while (at < run.offset) {
      const piece = zeros.subarray(0, Math.min(zeros.byteLength, run.offset - at));
      yield piece;
      at += piece.byteLength;
    }
    const end = run.offset + run.length;
    while (at < end) {
      const buffer = ring.next().subarray(0, end - at);
      const { bytesRead } = await readAsync(fd, buffer, 0, buffer.byteLength, at);
      if (bytesRead === 0) buffer.fill(0);
      const count = bytesRead === 0 ? buffer.byteLength : bytesRead;
      yield buffer.subarray(0, count);
      at += count;
    }
  }
}

const zeros = Buffer.alloc(largePiece);

function keptXattrs(path: Buffer): Map<ByteString, Uint8Array> {
  const kept = new Map<ByteString, Uint8Array>();
  for (const name of listXattrs(path)) {
    if (!isKeptXattr(name)) continue;
    const value = getXattr(path, name);
    if (value !== undefined) kept.set(name, value);
  }
  return kept;
}
