import type { ByteString } from '../base/byte-string.ts';

export type TarEntryType = 'file' | 'hardlink' | 'symlink' | 'char' | 'block' | 'directory' | 'fifo';

/** A point in time; `nanoseconds` is 0–999,999,999 and counts forward also before 1970. */
export interface TarTime {
  readonly seconds: number;
  readonly nanoseconds: number;
}

/** A run of bytes that a sparse file really stores; between runs are holes of zeros. */
export interface SparseRun {
  /** Where the run belongs in the file, in bytes. */
  readonly offset: number;
  readonly length: number;
}

/** One member of a tar archive, with pax and GNU extensions already applied to it. */
export interface TarEntry {
  readonly type: TarEntryType;
  /** As stored: may be absolute, hold `..`, or end in `/`. Whoever builds a tree from it normalises. */
  readonly path: ByteString;
  /** Target of a symlink, or the path of the member that a hardlink names; empty otherwise. */
  readonly linkPath: ByteString;
  /** Permission bits with setuid, setgid and sticky: 0–0o7777. */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly uname: ByteString;
  readonly gname: ByteString;
  /** Size of the file's content in bytes, holes included; 0 for anything but a file. */
  readonly size: number;
  readonly mtime: TarTime;
  readonly devMajor: number;
  readonly devMinor: number;
  /** Extended attributes by full name (`security.capability`), from `SCHILY.xattr.*` and `LIBARCHIVE.xattr.*`. */
  readonly xattrs: ReadonlyMap<ByteString, Uint8Array>;
  /** Where the stored content begins, in bytes from the archive's start: a multiple of 512. */
  readonly dataOffset: number;
  /** Bytes of content stored in the archive, without padding; differs from `size` for sparse files. */
  readonly storedSize: number;
  /**
   * For sparse files: the stored runs in order, the first of them at `dataOffset`, each following the one before
   * without padding; undefined when the content is stored whole.
   */
  readonly sparse: readonly SparseRun[] | undefined;
}
