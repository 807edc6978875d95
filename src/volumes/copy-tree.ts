import { chmodSync, closeSync, constants, fchmodSync, fchownSync, ftruncateSync } from 'node:fs';
import { lchownSync, linkSync, mkdirSync, openSync, symlinkSync, writeSync, type BigIntStats } from 'node:fs';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { fromByteString, type ByteString } from '../base/byte-string.ts';
import { isLamellaError } from '../base/errors.ts';
import { readFully } from '../base/files.ts';
import { O_PATH, type ConfinedFolder } from '../linux/confined-folder.ts';
import { makeNode, unpackDevice, type NodeType } from '../linux/nodes.ts';
import { dataRuns } from '../linux/sparse.ts';
import { setOpenTimes, setTimes } from '../linux/times.ts';
import { getXattr, listXattrs, setOpenXattr, setXattr } from '../linux/xattr.ts';

const { O_CREAT, O_EXCL, O_NOFOLLOW, O_WRONLY } = constants;
/** Of a directory itself, among its own entries. */
const self = '.' as ByteString;
/** Bytes that are copied at once; other work gets its turn after each piece. */
const pieceSize = 4 << 20;

interface Copy {
  /** Where the files with several names went first, by device and inode. */
  readonly links: Map<string, readonly ByteString[]>;
  readonly root: ConfinedFolder;
  readonly piece: Buffer;
}

/**
 * Copies all that is in `source` into `target`, and how the directory itself is: owners, modes, times, extended
 * attributes, hard links and holes as they are. Sockets are left out: nobody listens on a copy. Neither tree is trusted:
 * no symlink is followed, and what is in `target` already is an error.
 */
export async function copyTree(source: ConfinedFolder, target: ConfinedFolder): Promise<void> {
  const copy: Copy = { links: new Map(), root: target, piece: Buffer.allocUnsafe(pieceSize) };
  await copyFolder(copy, source, target, []);
}

async function copyFolder(
  copy: Copy,
  source: ConfinedFolder,
  target: ConfinedFolder,
  path: readonly ByteString[],
): Promise<void> {
  for (const name of source.names()) {
    const status = source.status(name);
    if (status !== undefined) await copyEntry(copy, { source, target, name, status, path: [...path, name] });
  }
  copyAttributes(source, target);
}

interface Entry {
  readonly source: ConfinedFolder;
  readonly target: ConfinedFolder;
  readonly name: ByteString;
  readonly status: BigIntStats;
  /** From the root of the copy, the name at its end. */
  readonly path: readonly ByteString[];
}

async function copyEntry(copy: Copy, entry: Entry): Promise<void> {
  const { source, target, name, status, path } = entry;
  if (status.isDirectory()) {
    using from = source.folder(name);
    if (from === undefined) return;
    mkdirSync(target.pathOf(name), { mode: 0o700 });
    using to = demand(target.folder(name), name);
    return await copyFolder(copy, from, to, path);
  }
  if (status.nlink > 1n) {
    const key = `${status.dev}:${status.ino}`;
    const first = copy.links.get(key);
    if (first !== undefined) return linkTo(copy.root, first, target.pathOf(name));
    copy.links.set(key, path);
  }
  if (status.isFile()) await copyFile(copy, entry);
  else if (status.isSymbolicLink()) copySymlink(entry);
  else if (!status.isSocket()) copyNode(entry);
}

async function copyFile({ piece }: Copy, { source, target, name, status }: Entry): Promise<void> {
  const from = demand(source.openFile(name), name);
  try {
    const to = openSync(target.pathOf(name), O_CREAT | O_EXCL | O_WRONLY | O_NOFOLLOW, 0o600);
    try {
      const size = Number(status.size);
      for (const run of dataRuns(from, size)) await copyRun(from, to, run, piece);
      ftruncateSync(to, size);
      fchownSync(to, Number(status.uid), Number(status.gid));
      eachXattr(source, name, (xattr, value) => setOpenXattr(to, xattr, value));
      fchmodSync(to, Number(status.mode) & 0o7777);
      setOpenTimes(to, modified(status));
    } finally {
      closeSync(to);
    }
  } finally {
    closeSync(from);
  }
}

async function copyRun(
  from: number,
  to: number,
  { offset, length }: { offset: number; length: number },
  piece: Buffer,
): Promise<void> {
  for (let done = 0; done < length;) {
    const wanted = Math.min(piece.byteLength, length - done);
    const count = readFully(from, piece.subarray(0, wanted), offset + done);
    for (let written = 0; written < count;) {
      written += writeSync(to, piece, written, count - written, offset + done + written);
    }
    if (count < wanted) return;
    done += count;
    if (done < length) await nextTurn();
  }
}

function copySymlink({ source, target, name, status }: Entry): void {
  const path = target.pathOf(name);
  symlinkSync(fromByteString(demand(source.readlink(name), name)), path);
  lchownSync(path, Number(status.uid), Number(status.gid));
  eachXattr(source, name, (xattr, value) => setXattr(path, xattr, value));
  setTimes(path, modified(status));
}

function copyNode({ source, target, name, status }: Entry): void {
  const type: NodeType = status.isFIFO() ? 'fifo' : status.isBlockDevice() ? 'block' : 'char';
  const path = target.pathOf(name);
  makeNode(path, type, 0o600, unpackDevice(status.rdev));
  lchownSync(path, Number(status.uid), Number(status.gid));
  eachXattr(source, name, (xattr, value) => setXattr(path, xattr, value));
  // By its descriptor: chmod(2) would follow a symlink that somebody has put in its place.
  const node = openSync(path, O_PATH | O_NOFOLLOW);
  try {
    chmodSync(`/proc/self/fd/${node}`, Number(status.mode) & 0o7777);
  } finally {
    closeSync(node);
  }
  setTimes(path, modified(status));
}

/**
 * Makes a directory belong to whom, and be as, another one.
 *
 * @param status of that one, where its times have changed since
 */
export function copyAttributes(
  source: ConfinedFolder,
  target: ConfinedFolder,
  status: BigIntStats = statusOf(source),
): void {
  const path = target.pathOf(self);
  lchownSync(path, Number(status.uid), Number(status.gid));
  eachXattr(source, self, (xattr, value) => setXattr(path, xattr, value));
  chmodSync(path, Number(status.mode) & 0o7777);
  setTimes(path, modified(status));
}

export function statusOf(folder: ConfinedFolder): BigIntStats {
  return demand(folder.status(self), self);
}

/** On a file system that has no attributes of the kind (a tmpfs, NFS) they are left out, as cp does. */
function eachXattr(
  folder: ConfinedFolder,
  name: ByteString,
  set: (xattr: ByteString, value: Uint8Array) => void,
): void {
  const path = folder.pathOf(name);
  for (const xattr of listXattrs(path)) {
    const value = getXattr(path, xattr);
    try {
      if (value !== undefined) set(xattr, value);
    } catch (error) {
      if (!isLamellaError(error) || !['EOPNOTSUPP', 'ENOTSUP', 'EPERM'].includes(error.code)) throw error;
    }
  }
}

/** The way to the first name is gone again one open directory at a time. */
function linkTo(root: ConfinedFolder, first: readonly ByteString[], path: Buffer): void {
  using opened = new DisposableStack();
  let folder = root;
  for (const part of first.slice(0, -1)) folder = opened.use(demand(folder.folder(part), part));
  linkSync(folder.pathOf(first.at(-1) ?? self), path);
}

function modified({ mtimeNs }: BigIntStats): { seconds: number; nanoseconds: number } {
  const billion = 1_000_000_000n;
  const nanoseconds = ((mtimeNs % billion) + billion) % billion;
  return { seconds: Number((mtimeNs - nanoseconds) / billion), nanoseconds: Number(nanoseconds) };
}

function demand<T>(value: T | undefined, name: ByteString): T {
  if (value !== undefined) return value;
  throw new Error(`${name} has changed while it was copied`);
}
