import type { ByteString } from '../base/byte-string.ts';
import type { TarTime } from '../tar/entry.ts';

/** What is known of a file below the upper directory without opening it. */
interface LowerStatus {
  /** Type and permission bits, as `st_mode` has them. */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly size: number;
  readonly mtime: TarTime;
  readonly rdev: { readonly major: number; readonly minor: number };
}

/** A file in one lower, before the lowers are joined. */
export interface LowerNode {
  readonly status: LowerStatus;
  /** For a directory whose likes in lowers further down are hidden. */
  isOpaque(): boolean;
  xattr(name: ByteString): Uint8Array | undefined;
  xattrs(): ReadonlyMap<ByteString, Uint8Array>;
  /** The same for all names of a file that has several; undefined for one that has a single name. */
  readonly identity: string | undefined;
  /** Target of a symlink. */
  readlink(): ByteString;
  /** For a directory. */
  lookup(name: ByteString): LowerNode | undefined;
  names(): Iterable<ByteString>;
  /** Bytes of a regular file; fewer only at its end. */
  read(offset: number, length: number): Uint8Array;
}

/** A file as seen through all lowers. */
export interface LowerEntry extends Omit<LowerNode, 'isOpaque' | 'lookup' | 'names'> {
  /** For a directory: what it holds. */
  readonly directory: LowerDirectory | undefined;
}

/** A directory as seen through all lowers. */
export interface LowerDirectory {
  lookup(name: ByteString): LowerEntry | undefined;
  /** Sorted byte-wise. */
  names(): ByteString[];
}

const S_IFMT = 0o170000;
const S_IFDIR = 0o040000;
const S_IFCHR = 0o020000;

/** One lower by itself, its whiteouts being files like others. */
export function singleDirectory(node: LowerNode): LowerDirectory {
  return {
    lookup(name) {
      const found = node.lookup(name);
      if (found === undefined) return undefined;
      return entryOf(found, (found.status.mode & S_IFMT) === S_IFDIR ? singleDirectory(found) : undefined);
    },
    names: () => [...node.names()],
  };
}

/** Joins directories as overlayfs does (Documentation/filesystems/overlayfs.rst), the top one first. */
export function mergeLowers(nodes: readonly LowerNode[]): LowerDirectory {
  return {
    lookup: (name) => joined(nodes.map((node) => node.lookup(name))),
    names() {
      const all = new Set<ByteString>();
      for (const node of nodes) for (const name of node.names()) all.add(name);
      return [...all].filter((name) => joined(nodes.map((node) => node.lookup(name))) !== undefined).sort();
    },
  };
}

function joined(candidates: readonly (LowerNode | undefined)[]): LowerEntry | undefined {
  const directories: LowerNode[] = [];
  for (const node of candidates) {
    if (node === undefined) continue;
    if (isWhiteout(node.status)) break;
    if ((node.status.mode & S_IFMT) !== S_IFDIR) {
      if (directories.length > 0) break;
      return entryOf(node, undefined);
    }
    directories.push(node);
    if (node.isOpaque()) break;
  }
  const [top] = directories;
  if (top === undefined) return undefined;
  return entryOf(top, mergeLowers(directories));
}

/** @param directory what it holds, where it is one */
function entryOf(node: LowerNode, directory: LowerDirectory | undefined): LowerEntry {
  return { ...node, directory };
}

function isWhiteout({ mode, rdev }: LowerStatus): boolean {
  return (mode & S_IFMT) === S_IFCHR && rdev.major === 0 && rdev.minor === 0;
}
