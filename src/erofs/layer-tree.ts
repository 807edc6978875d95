import type { ByteString } from '../base/byte-string.ts';
import { LamellaError } from '../base/errors.ts';
import type { TarEntry } from '../tar/entry.ts';
import { DirentTable } from './dirent-table.ts';
import { inodeFields } from './entry-fields.ts';
import { finishTree, type FinishedTree } from './finished-tree.ts';
import { modeDirectory, modeSymlink, modeType } from './format.ts';
import { at, InodeTable } from './inode-table.ts';
import { NameArena } from './name-arena.ts';
import { SparseTable } from './sparse-table.ts';
import { checkName, checkPath, quotePath, splitEntryPath } from './tree-path.ts';
import { invalidWhiteout, meaningOf, metaPrefix } from './whiteout.ts';
import { XattrTable } from './xattr-table.ts';

export interface LayerTreeLimits {
  /** Most inodes and most names; 4,000,000 by default. About 100 bytes of memory each. */
  readonly maxEntries?: number;
}

/** As many symlinks as Linux follows on the way to a file. */
const maxHops = 40;

/** Most names looked up on the way to all entries of a layer: long symlinks to long symlinks cost time, not space. */
const maxSteps = 100_000_000;

const rootInode = 1;

/**
 * The tree that a layer's tar describes, built while the entries stream by, in archive order and without touching a
 * file system. What an extraction into a directory used as `/` would do, this does in memory: a path cannot leave the
 * root, symlinks on the way are followed within it, later entries replace earlier ones of the same name, and whiteouts
 * become marks. See README.md for each rule and where it comes from.
 *
 * Every error is LamellaError invalid with a code; afterwards the tree must not be used further.
 */
export class LayerTree {
  readonly #maxEntries: number;
  readonly #names = new NameArena();
  readonly #inodes = new InodeTable();
  readonly #dirents = new DirentTable(this.#names);
  readonly #xattrs = new XattrTable();
  readonly #sparse = new SparseTable();
  readonly #opaque = new Set<number>();
  /** Holds what AUFS kept in `/.wh..wh.plnk`: files that are not in the tree themselves but that hard links name. */
  readonly #links: number;
  /** The directory that the last entry's path led to: entries come directory by directory. */
  #lastPrefix: string | undefined;
  #lastDirectory = rootInode;
  #steps = 0;

  constructor(limits: LayerTreeLimits = {}) {
    this.#maxEntries = limits.maxEntries ?? 4_000_000;
    this.#addDirectory(rootInode);
    this.#links = this.#addDirectory(0);
  }

  add(entry: TarEntry): void {
    this.#checkRoom();
    checkPath(entry.path);
    let end = entry.path.length;
    while (end > 0 && entry.path[end - 1] === '/') end -= 1;
    const path = entry.path.slice(0, end) as ByteString;
    const slash = path.lastIndexOf('/');
    const prefix = path.slice(0, slash + 1);
    const name = path.slice(slash + 1) as ByteString;
    if (prefix === this.#lastPrefix && name !== '' && name !== '.' && name !== '..') {
      this.#addNamed(entry, this.#lastDirectory, name);
      return;
    }
    const names = splitEntryPath(path);
    const last = names.pop();
    if (last === undefined) {
      this.#updateDirectory(rootInode, entry);
      return;
    }
    if (
      names.some((name) => name.startsWith(metaPrefix)) ||
      (last.startsWith(metaPrefix) && names.length === 0)
    ) {
      if (this.#addMeta(entry, names, last)) return;
    }
    const directory = this.#directoryOf(names, entry);
    this.#lastPrefix = name === last ? prefix : undefined;
    this.#lastDirectory = directory;
    this.#addNamed(entry, directory, last);
  }

  /** Ends the building: orders everything, counts links and sizes. */
  finish(): FinishedTree {
    return finishTree({
      inodes: this.#inodes,
      dirents: this.#dirents,
      names: this.#names,
      xattrs: this.#xattrs,
      sparse: this.#sparse,
      opaque: this.#opaque,
      root: rootInode,
    });
  }

  #addNamed(entry: TarEntry, directory: number, name: ByteString): void {
    const meaning = meaningOf(name, entry.path);
    if (meaning.kind === 'meta') return;
    if (meaning.kind === 'opaque') {
      this.#opaque.add(directory);
      return;
    }
    if (meaning.kind === 'whiteout') {
      this.#dirents.whiteout[this.#dirent(directory, meaning.hidden)] = 1;
      return;
    }
    if (entry.type === 'hardlink') {
      const target = this.#linkTarget(entry);
      this.#put(directory, name, target);
      return;
    }
    const present = this.#dirents.find(directory, name);
    const old = present < 0 ? 0 : at(this.#dirents.inode, present);
    if (entry.type === 'directory' && old !== 0 && this.#type(old) === modeDirectory) {
      this.#updateDirectory(old, entry);
      return;
    }
    this.#put(directory, name, this.#addInode(entry, directory), present);
  }

  #put(
    directory: number,
    name: ByteString,
    inode: number,
    present = this.#dirents.find(directory, name),
  ): void {
    const dirent = present < 0 ? this.#dirent(directory, name) : present;
    const old = at(this.#dirents.inode, dirent);
    if (old !== 0 && old !== inode) this.#lastPrefix = undefined;
    this.#dirents.inode[dirent] = inode;
  }

  #dirent(directory: number, name: ByteString): number {
    checkName(name);
    const present = this.#dirents.find(directory, name);
    return present < 0 ? this.#dirents.add(directory, name) : present;
  }

  #addInode(entry: TarEntry, parent: number): number {
    const data =
      entry.type === 'directory' ? parent : entry.type === 'symlink' ? this.#addTarget(entry) : undefined;
    const inode = this.#inodes.add(inodeFields(entry, this.#xattrs.add(entry.xattrs, entry.path), data));
    if (entry.sparse !== undefined && entry.type === 'file') this.#sparse.add(inode, entry, entry.sparse);
    return inode;
  }

  #addTarget(entry: TarEntry): number {
    checkPath(entry.linkPath);
    if (entry.linkPath === '') {
      const message = `symlink ${quotePath(entry.path)}: no such file or directory`;
      throw new LamellaError('invalid', message, { code: 'symlink-empty' });
    }
    return this.#names.add(entry.linkPath);
  }

  #updateDirectory(inode: number, entry: TarEntry): void {
    if (entry.type !== 'directory') {
      throw new LamellaError('invalid', `${quotePath(entry.path)}: the root of a layer must be a directory`, {
        code: 'root-not-directory',
      });
    }
    const xattrs = this.#xattrs.merge(at(this.#inodes.xattrs, inode), entry.xattrs, entry.path);
    this.#inodes.set(inode, inodeFields(entry, xattrs, at(this.#inodes.data, inode)));
  }

  /** A directory that no entry describes: 0755, owned by root as Docker makes it, and as old as time itself. */
  #addDirectory(parent: number): number {
    this.#checkRoom();
    return this.#inodes.add({
      mode: modeDirectory | 0o755,
      uid: 0,
      gid: 0,
      mtimeSeconds: 0,
      mtimeNanoseconds: 0,
      size: 0,
      data: parent,
      xattrs: 0,
    });
  }

  /** Whether the entry is one of AUFS's own and has been dealt with. */
  #addMeta(entry: TarEntry, names: readonly ByteString[], last: ByteString): boolean {
    if (names.length === 0) return last !== '.wh..wh..opq';
    if (names[0] === '.wh..wh.plnk' && entry.type === 'file') {
      this.#put(this.#links, last, this.#addInode(entry, this.#links));
    }
    return true;
  }

  #linkTarget(entry: TarEntry): number {
    checkPath(entry.linkPath);
    const names = splitEntryPath(entry.linkPath);
    const last = names.pop();
    const directory = names[0] === '.wh..wh.plnk' ? this.#links : this.#walk(names, entry, false);
    const dirent = last === undefined || directory === undefined ? -1 : this.#dirents.find(directory, last);
    const inode = last === undefined ? rootInode : dirent < 0 ? 0 : at(this.#dirents.inode, dirent);
    const text = `linkat ${quotePath(entry.linkPath)} ${quotePath(entry.path)}`;
    if (inode === 0) {
      throw new LamellaError('invalid', `${text}: no such file or directory`, {
        code: 'hardlink-target-missing',
      });
    }
    if (this.#type(inode) === modeDirectory) {
      throw new LamellaError('invalid', `${text}: operation not permitted`, {
        code: 'hardlink-to-directory',
      });
    }
    return inode;
  }

  #directoryOf(names: readonly ByteString[], entry: TarEntry): number {
    return this.#walk(names, entry, true) ?? rootInode;
  }

  /**
   * The directory at the end of these names, symlinks followed within the root. Directories that are missing are made,
   * also behind a symlink that leads nowhere yet (as containerd does; Docker's own extraction fails there).
   */
  #walk(names: readonly ByteString[], entry: TarEntry, create: boolean): number | undefined {
    const left = names.toReversed();
    let directory = rootInode;
    let hops = 0;
    for (let name = left.pop(); name !== undefined; name = left.pop()) {
      this.#steps += 1;
      if (name === '' || name === '.') continue;
      if (name === '..') {
        directory = at(this.#inodes.data, directory);
        continue;
      }
      const dirent = this.#dirents.find(directory, name);
      const inode = dirent < 0 ? 0 : at(this.#dirents.inode, dirent);
      if (inode === 0) {
        if (!create) return undefined;
        if (name.startsWith('.wh.')) throw invalidWhiteout(entry.path);
        const made = this.#addDirectory(directory);
        this.#put(directory, name, made, dirent);
        directory = made;
      } else if (this.#type(inode) === modeDirectory) {
        directory = inode;
      } else if (this.#type(inode) === modeSymlink) {
        hops += 1;
        if (hops > maxHops || this.#steps > maxSteps) {
          throw this.#wrongParent(entry, 'statat', 'too many levels of symbolic links', 'symlink-loop');
        }
        const target = this.#names.text(at(this.#inodes.data, inode), at(this.#inodes.size, inode));
        if (target.startsWith('/')) directory = rootInode;
        left.push(...(target.split('/') as ByteString[]).reverse());
      } else if (create) {
        throw this.#wrongParent(entry, 'openat', 'not a directory', 'parent-not-directory');
      } else {
        return undefined;
      }
    }
    return directory;
  }

  #checkRoom(): void {
    if (this.#inodes.count <= this.#maxEntries && this.#dirents.count <= this.#maxEntries) return;
    const message = `layer has more than ${this.#maxEntries} entries`;
    throw new LamellaError('invalid', message, { code: 'too-many-entries' });
  }

  #wrongParent(entry: TarEntry, call: string, reason: string, code: string): LamellaError {
    return new LamellaError('invalid', `${call} ${quotePath(entry.path)}: ${reason}`, { code });
  }

  #type(inode: number): number {
    return at(this.#inodes.mode, inode) & modeType;
  }
}
