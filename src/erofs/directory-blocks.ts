import type { DirentTable } from './dirent-table.ts';
import type { FinishedTree } from './finished-tree.ts';
import { blockSize, direntSize, direntTypes } from './format.ts';
import { at } from './inode-table.ts';

/** Stand for `.` and `..` among directory entries. */
const self = -1;
const above = -2;

/**
 * The entries of a directory as EROFS wants them: `.` and `..` among the others, all in byte-wise order, since the
 * kernel searches by halving, first for the block and then in it.
 */
export function directoryEntries(tree: FinishedTree, directory: number): Int32Array {
  const { children, firstChild, tables } = tree;
  const from = at(firstChild, directory);
  const to = at(firstChild, directory + 1);
  const entries = new Int32Array(to - from + 2);
  let next = from;
  let count = 0;
  const copyBefore = (second: number): void => {
    while (next < to && isBefore(tables.dirents, at(children, next), second))
      entries[count++] = at(children, next++);
  };
  copyBefore(-1);
  entries[count++] = self;
  copyBefore(dot);
  entries[count++] = above;
  entries.set(children.subarray(next, to), count);
  return entries;
}

const dot = 0x2e;

/** Whether a name stands before `.` (second byte -1) or before `..` (second byte that of a dot). */
function isBefore(dirents: DirentTable, entry: number, second: number): boolean {
  const first = dirents.nameByte(entry, 0);
  return first < dot || (first === dot && dirents.nameByte(entry, 1) < second);
}

/** Where the block that begins at entry `from` ends: as many entries as fit, and the bytes that they use. */
export function packBlock(
  tree: FinishedTree,
  entries: Int32Array,
  from: number,
): { to: number; used: number } {
  let used = 0;
  let to = from;
  for (; to < entries.length; to++) {
    const size = direntSize + nameLength(tree, entries[to] ?? self);
    if (used + size > blockSize) break;
    used += size;
  }
  return { to, used };
}

/** Bytes of a directory: whole blocks but for the last, of which only what is used counts. */
export function directorySize(tree: FinishedTree, entries: Int32Array): number {
  let size = 0;
  for (let from = 0; from < entries.length;) {
    const { to, used } = packBlock(tree, entries, from);
    size += to < entries.length ? blockSize : used;
    from = to;
  }
  return size;
}

/** Writes a block's entries, and behind them their names, to `target` at `position`. */
export function writeBlock(
  tree: FinishedTree,
  options: {
    readonly directory: number;
    readonly entries: Int32Array;
    readonly from: number;
    readonly to: number;
    readonly nids: Uint32Array;
    readonly target: Buffer;
    readonly position: number;
  },
): void {
  const { inodes, dirents } = tree.tables;
  const { directory, entries, from, to, nids, target, position } = options;
  let name = (to - from) * direntSize;
  let record = position;
  for (let i = from; i < to; i++) {
    const entry = entries[i] ?? self;
    const inode =
      entry === self ? directory : entry === above ? at(inodes.data, directory) : at(dirents.inode, entry);
    target.writeUInt32LE(at(nids, inode), record);
    target.writeUInt16LE(name, record + 8);
    target[record + 10] = direntTypes[at(inodes.mode, inode) >>> 12] ?? 0;
    if (entry < 0) target.fill(dot, position + name, position + name - entry);
    else dirents.copyName(entry, target, position + name);
    name += nameLength(tree, entry);
    record += direntSize;
  }
}

function nameLength(tree: FinishedTree, entry: number): number {
  return entry < 0 ? -entry : tree.tables.dirents.nameLength(entry);
}
