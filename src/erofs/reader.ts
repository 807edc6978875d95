import { byteString, type ByteString } from '../base/byte-string.ts';
import { LamellaError } from '../base/errors.ts';
import { corruptIndex } from './corrupt-index.ts';
import { findInDirectory, listDirectory, type ErofsDirent } from './directory.ts';
import { extentsOf, type Extent } from './extents.ts';
import { maxNameLength, maxPathLength } from './format.ts';
import { readInode, type ErofsInode } from './inode.ts';
import { PagedSource, type ErofsSource } from './source.ts';
import { readSuperblock, type Superblock } from './superblock.ts';
import { checkPath, quotePath } from './tree-path.ts';
import { decodeXattrs } from './xattr-body.ts';

export type { ErofsDirent } from './directory.ts';
export type { Extent } from './extents.ts';
export type { ErofsInode, ErofsType } from './inode.ts';
export { memorySource, type ErofsSource } from './source.ts';

/** As many symlinks as Linux follows on the way to a file. */
const maxHops = 40;

/**
 * Looks inside a layer through its index, without mounting it. Reads only what is asked for, and believes nothing: what
 * is damaged raises LamellaError corrupt with a code that begins with `index-`, and nothing reads beyond the source.
 */
export class ErofsReader {
  readonly #source: PagedSource;
  readonly #superblock: Superblock;
  readonly root: ErofsInode;

  constructor(source: ErofsSource) {
    this.#source = new PagedSource(source);
    this.#superblock = readSuperblock(this.#source);
    this.root = this.inode(this.#superblock.rootNid);
    if (this.root.type !== 'directory') throw corruptIndex('index-inode', 'its root is no directory');
  }

  /** Inodes in the index. */
  get entries(): number {
    return this.#superblock.entries;
  }

  /** Most directory entries that an index of this size can hold. */
  get maxDirents(): number {
    return Math.floor(this.#source.size / 13);
  }

  inode(nid: number | bigint): ErofsInode {
    return readInode(this.#source, this.#superblock, Number(nid));
  }

  /** The entries of a directory in byte-wise order, without `.` and `..`; nothing for other inodes. */
  list(directory: ErofsInode): Iterable<ErofsDirent> {
    return directory.type === 'directory' ? listDirectory(this.#source, directory) : [];
  }

  lookup(directory: ErofsInode, name: ByteString): ErofsDirent | undefined {
    if (directory.type !== 'directory' || name.length > maxNameLength) return undefined;
    return findInDirectory(this.#source, directory, name);
  }

  /**
   * The inode that a path leads to, symlinks followed within the layer as if its root were `/`; undefined where there is
   * none. Whiteouts count as the devices that they are.
   *
   * @param options.followLast whether a symlink at the end is followed too; true by default
   * @throws LamellaError invalid `symlink-loop` after 40 symlinks, `path-too-long`, `name-invalid`
   */
  resolve(path: ByteString, { followLast = true }: { followLast?: boolean } = {}): ErofsInode | undefined {
    checkPath(path);
    const left = (path.split('/') as ByteString[]).reverse();
    let way = [this.root];
    let hops = 0;
    for (let name = left.pop(); name !== undefined; name = left.pop()) {
      const here = way.at(-1) ?? this.root;
      if (here.type !== 'directory') return undefined;
      if (name === '' || name === '.') continue;
      if (name === '..') {
        if (way.length > 1) way.pop();
        continue;
      }
      const entry = this.lookup(here, name);
      if (entry === undefined) return undefined;
      const inode = this.inode(entry.nid);
      if (inode.type !== 'symlink' || (!followLast && left.every((rest) => rest === ''))) {
        way.push(inode);
        continue;
      }
      hops += 1;
      if (hops > maxHops) {
        const message = `${quotePath(path)}: too many levels of symbolic links`;
        throw new LamellaError('invalid', message, { code: 'symlink-loop' });
      }
      const target = this.readlink(inode);
      if (target.startsWith('/')) way = [this.root];
      left.push(...(target.split('/') as ByteString[]).reverse());
    }
    return way.at(-1);
  }

  /** A symlink's target as it is stored. */
  readlink(inode: ErofsInode): ByteString {
    if (inode.type !== 'symlink' || inode.size > maxPathLength) {
      throw corruptIndex('index-symlink', `inode ${inode.nid} is no symlink`);
    }
    const parts = [...this.extents(inode)].map((extent) =>
      byteString(this.readIndex(extent.at, extent.length)),
    );
    return parts.join('') as ByteString;
  }

  xattrs(inode: ErofsInode): Map<ByteString, Uint8Array> {
    const { xattrsAt, xattrsSize } = inode.data;
    const found = decodeXattrs(this.#source.read(xattrsAt, xattrsSize));
    if (found === undefined)
      throw corruptIndex('index-xattr', `inode ${inode.nid} has attributes that make no sense`);
    return found;
  }

  /** Where the data of an inode is, in order and without gaps; nothing for an empty file. */
  extents(inode: ErofsInode): Iterable<Extent> {
    return extentsOf({ source: this.#source, superblock: this.#superblock }, inode);
  }

  /** Bytes of the index itself, for extents that lie in it. The buffer must not be changed. */
  readIndex(offset: number, length: number): Uint8Array {
    return this.#source.read(offset, length);
  }
}
