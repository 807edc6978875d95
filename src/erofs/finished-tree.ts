import { LamellaError } from '../base/errors.ts';
import type { DirentTable } from './dirent-table.ts';
import { maxPathLength, modeChar, modeDirectory, modeFile, modeSymlink, modeType } from './format.ts';
import { at, type InodeTable } from './inode-table.ts';
import type { NameArena } from './name-arena.ts';
import type { SparseTable } from './sparse-table.ts';
import type { XattrTable } from './xattr-table.ts';

/** A directory deeper than this could not be named by any path that Linux takes. */
const maxDepth: number = (maxPathLength + 1) / 2;

/** What a tree was built from. Only this room looks inside. */
export interface TreeTables {
  readonly inodes: InodeTable;
  readonly dirents: DirentTable;
  readonly names: NameArena;
  readonly xattrs: XattrTable;
  readonly sparse: SparseTable;
  readonly opaque: ReadonlySet<number>;
  readonly root: number;
}

/** A layer's tree with everything in its final order, which depends on the tar alone. */
export interface FinishedTree {
  /** Inodes in the index, all whiteouts being links to one. */
  readonly entries: number;
  /** As Docker measures a layer (`directory.Size`): each regular file once however many links it has, and the length of each symlink. */
  readonly contentSize: number;
  readonly tables: TreeTables;
  /** Inodes in the order they are written: the children of a directory stand together, in the order of their names. */
  readonly order: Uint32Array;
  /** By inode. */
  readonly links: Uint32Array;
  /** Directory entries, those of one directory together and sorted byte-wise. */
  readonly children: Uint32Array;
  /** By inode: where the entries of the directory begin in `children`; they end where those of the next inode begin. */
  readonly firstChild: Uint32Array;
  /** The inode that all whiteouts are links to; 0 when there is none. */
  readonly whiteout: number;
  /** Directories that hide those of the layers below. */
  readonly opaque: ReadonlySet<number>;
}

export function finishTree(tables: TreeTables): FinishedTree {
  const { inodes, dirents } = tables;
  const opaque = new Set(tables.opaque);
  const whiteout = resolveWhiteouts(tables, opaque);
  const { children, firstChild } = groupByDirectory(dirents, inodes.count);
  const order = new Uint32Array(inodes.count);
  const links = new Uint32Array(inodes.count);
  let count = 0;
  let contentSize = 0;
  const number = (inode: number): void => {
    order[count++] = inode;
    const type = at(inodes.mode, inode) & modeType;
    if (type === modeFile || type === modeSymlink) contentSize += at(inodes.size, inode);
  };

  number(tables.root);
  links[tables.root] = 2;
  const left = [tables.root];
  const depths = [0];
  for (let directory = left.pop(); directory !== undefined; directory = left.pop()) {
    const depth = depths.pop() ?? 0;
    if (depth > maxDepth) {
      throw new LamellaError('invalid', `directories are nested more than ${maxDepth} deep`, {
        code: 'path-too-long',
      });
    }
    const entries = children.subarray(at(firstChild, directory), at(firstChild, directory + 1));
    sortByName(entries, dirents);
    const below: number[] = [];
    for (const entry of entries) {
      const inode = at(dirents.inode, entry);
      if (links[inode] === 0) number(inode);
      links[inode] = at(links, inode) + 1;
      if ((at(inodes.mode, inode) & modeType) !== modeDirectory) continue;
      links[inode] = 2;
      links[directory] = at(links, directory) + 1;
      below.push(inode);
    }
    for (const inode of below.reverse()) {
      left.push(inode);
      depths.push(depth + 1);
    }
  }
  return {
    entries: count,
    contentSize,
    tables,
    order: order.slice(0, count),
    links,
    children,
    firstChild,
    whiteout,
    opaque,
  };
}

/**
 * A whiteout hides what the layers below have, never what this layer brings, in whichever order the two came: a name
 * that is also here stays, and a directory that is also here becomes opaque. The others become links to one whiteout.
 */
function resolveWhiteouts({ inodes, dirents }: TreeTables, opaque: Set<number>): number {
  let whiteout = 0;
  for (let entry = dirents.whiteout.indexOf(1); entry >= 0; entry = dirents.whiteout.indexOf(1, entry + 1)) {
    const inode = at(dirents.inode, entry);
    if (inode === 0) {
      whiteout ||= inodes.add({ ...inodes.get(0), mode: modeChar });
      dirents.inode[entry] = whiteout;
    } else if ((at(inodes.mode, inode) & modeType) === modeDirectory) {
      opaque.add(inode);
    }
  }
  return whiteout;
}

function groupByDirectory(
  dirents: DirentTable,
  inodes: number,
): { children: Uint32Array; firstChild: Uint32Array } {
  const firstChild = new Uint32Array(inodes + 2);
  for (let entry = 0; entry < dirents.count; entry++) {
    if (dirents.inode[entry] !== 0) firstChild[at(dirents.parent, entry) + 1]! += 1;
  }
  for (let inode = 0; inode <= inodes; inode++) firstChild[inode + 1]! += at(firstChild, inode);
  const next = firstChild.slice();
  const children = new Uint32Array(at(firstChild, inodes + 1));
  for (let entry = 0; entry < dirents.count; entry++) {
    if (dirents.inode[entry] !== 0) children[next[at(dirents.parent, entry)]!++] = entry;
  }
  return { children, firstChild };
}

function sortByName(entries: Uint32Array, dirents: DirentTable): void {
  if (entries.length < 2) return;
  const named = Array.from(entries, (entry) => ({ entry, name: dirents.nameText(entry) }));
  let sorted = true;
  for (let i = 1; i < named.length && sorted; i++) sorted = named[i - 1]!.name < named[i]!.name;
  if (sorted) return;
  named.sort((a, b) => (a.name < b.name ? -1 : 1));
  for (const [index, { entry }] of named.entries()) entries[index] = entry;
}
