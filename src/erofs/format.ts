/**
 * Numbers of the EROFS on-disk format (kernel: fs/erofs/erofs_fs.h), as far as an index needs them. All integers on disk
 * are little-endian. docs/on-disk-format.md draws the whole picture.
 */

/** Bytes of a block: what the tar format aligns content to, so that file data can be addressed inside a tar. */
export const blockSize = 512;
export const blockBits = 9;

export const superblockOffset = 1024;
const superblockSize = 128;
export const superblockMagic = 0xe0f5e1e2;
/** The device table follows the superblock; a slot is 128 bytes, and its place is counted in slots. */
export const deviceSlotSize = 128;
export const deviceSlotOffset: number = superblockOffset + superblockSize;
/** Where inodes begin: behind the device slot of the tar. */
export const inodesOffset: number = deviceSlotOffset + deviceSlotSize;

export const compatChecksum = 1;
export const compatMtime = 2;
export const incompatChunkedFile = 4;
export const incompatDeviceTable = 8;

/** An inode's number (nid) is its byte offset in slots of 32 bytes. */
export const inodeSlotSize = 32;
export const compactInodeSize = 32;
export const extendedInodeSize = 64;

export const layoutPlain = 0;
export const layoutInline = 2;
export const layoutChunked = 4;

/** Chunks of `512 << bits` bytes, `bits` in the low five bits of the chunk format. */
export const chunkIndexFlag = 0x20;
export const maxChunkBits = 31;
export const chunkIndexSize = 8;
/** Block address of a chunk that is a hole. */
export const nullAddress = 0xffff_ffff;

export const direntSize = 12;
export const maxNameLength = 255;
/** Linux takes no longer link target or path (PATH_MAX less its NUL). */
export const maxPathLength = 4095;

export const xattrHeaderSize = 12;

export const modeType = 0o170000;
export const modeFifo = 0o010000;
export const modeChar = 0o020000;
export const modeDirectory = 0o040000;
export const modeBlock = 0o060000;
export const modeFile = 0o100000;
export const modeSymlink = 0o120000;

/** The `file_type` byte of a directory entry, by the type bits of the mode shifted down by 12. */
export const direntTypes: readonly number[] = [0, 5, 3, 0, 2, 0, 4, 0, 1, 0, 7, 0, 6, 0, 0, 0];

/** Device numbers as Linux packs them into 32 bits: 12 bits major, 20 bits minor. */
export function encodeDevice(major: number, minor: number): number {
  return ((minor & 0xff) | (major << 8) | ((minor & 0xfff00) << 12)) >>> 0;
}

export function decodeDevice(packed: number): { major: number; minor: number } {
  return { major: (packed >>> 8) & 0xfff, minor: (packed & 0xff) | ((packed >>> 12) & 0xfff00) };
}

export function roundUp(value: number, unit: number): number {
  return Math.ceil(value / unit) * unit;
}
