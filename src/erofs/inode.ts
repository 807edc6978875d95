import type { TarEntryType, TarTime } from '../tar/entry.ts';
import { corruptIndex } from './corrupt-index.ts';
import {
  blockSize,
  compactInodeSize,
  decodeDevice,
  extendedInodeSize,
  inodeSlotSize,
  inodesOffset,
  layoutChunked,
  layoutInline,
  layoutPlain,
  modeBlock,
  modeChar,
  modeDirectory,
  modeFifo,
  modeFile,
  modeSymlink,
  modeType,
  xattrHeaderSize,
} from './format.ts';
import type { PagedSource } from './source.ts';
import { readInt64, type Superblock } from './superblock.ts';

export type ErofsType = Exclude<TarEntryType, 'hardlink'>;

export interface ErofsInode {
  /** Names the inode in its index; also what stat() calls `ino` on a mount. */
  readonly nid: number;
  readonly type: ErofsType;
  /** Permission bits with setuid, setgid and sticky: 0–0o7777. */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  /** Bytes of content, of a symlink's target, or of a directory's entries on disk. */
  readonly size: number;
  readonly mtime: TarTime;
  readonly nlink: number;
  /** Both 0 for anything but a device. A character device 0:0 is a whiteout. */
  readonly rdev: { readonly major: number; readonly minor: number };
  /** How the data is found; only the reader looks at it. */
  readonly data: {
    readonly layout: number;
    /** Block address or chunk format. */
    readonly address: number;
    readonly xattrsAt: number;
    readonly xattrsSize: number;
  };
}

const types: ReadonlyMap<number, ErofsType> = new Map<number, ErofsType>([
  [modeFile, 'file'],
  [modeSymlink, 'symlink'],
  [modeChar, 'char'],
  [modeBlock, 'block'],
  [modeDirectory, 'directory'],
  [modeFifo, 'fifo'],
]);

/** @throws LamellaError corrupt `index-inode`, `index-truncated` */
export function readInode(source: PagedSource, superblock: Superblock, nid: number): ErofsInode {
  const start = nid * inodeSlotSize;
  if (!Number.isSafeInteger(start) || start < inodesOffset) throw damaged(nid);
  const format = source.read(start, compactInodeSize).readUInt16LE(0);
  const extended = (format & 1) === 1;
  const layout = format >>> 1;
  const length = extended ? extendedInodeSize : compactInodeSize;
  const bytes = source.read(start, length);
  const mode = bytes.readUInt16LE(4);
  const type = types.get(mode & modeType);
  const size = extended ? readInt64(bytes, 8) : bytes.readUInt32LE(8);
  if (type === undefined || !isLayoutOf(layout, type) || !Number.isSafeInteger(size) || size < 0)
    throw damaged(nid);
  const xattrCount = bytes.readUInt16LE(2);
  const address = bytes.readUInt32LE(16);
  const isDevice = type === 'char' || type === 'block';
  return {
    nid,
    type,
    mode: mode & 0o7777,
    uid: extended ? bytes.readUInt32LE(24) : bytes.readUInt16LE(24),
    gid: extended ? bytes.readUInt32LE(28) : bytes.readUInt16LE(26),
    size,
    mtime: extended
      ? { seconds: readInt64(bytes, 32), nanoseconds: bytes.readUInt32LE(40) }
      : superblock.time,
    nlink: extended ? bytes.readUInt32LE(44) : bytes.readUInt16LE(6),
    rdev: isDevice ? decodeDevice(address) : { major: 0, minor: 0 },
    data: {
      layout,
      address,
      xattrsAt: start + length,
      xattrsSize: xattrCount === 0 ? 0 : xattrHeaderSize + 4 * (xattrCount - 1),
    },
  };
}

/** Where the part of an inode's data that stands behind it begins, and how many bytes that is. */
export function inlineTail(inode: ErofsInode): { at: number; length: number } {
  const at = inode.data.xattrsAt + inode.data.xattrsSize;
  return { at, length: inode.data.layout === layoutInline ? inode.size % blockSize || blockSize : 0 };
}

function isLayoutOf(layout: number, type: ErofsType): boolean {
  return layout === layoutPlain || layout === (type === 'file' ? layoutChunked : layoutInline);
}

function damaged(nid: number): Error {
  return corruptIndex('index-inode', `there is no inode ${nid}`);
}
