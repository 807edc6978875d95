import { corruptIndex } from './corrupt-index.ts';
import { crc32c } from './crc32c.ts';
import {
  blockBits,
  blockSize,
  compatChecksum,
  deviceSlotOffset,
  deviceSlotSize,
  incompatChunkedFile,
  incompatDeviceTable,
  superblockMagic,
  superblockOffset,
} from './format.ts';
import type { PagedSource } from './source.ts';
import type { TarTime } from '../tar/entry.ts';

export interface Superblock {
  readonly rootNid: number;
  /** Inodes in the index. */
  readonly entries: number;
  /** Time of the inodes that have none of their own. */
  readonly time: TarTime;
  /** Block address at which the tar's blocks begin, behind those of the index. */
  readonly tarStart: number;
  readonly tarBlocks: number;
  readonly uuid: Uint8Array;
}

/** @throws LamellaError corrupt `index-superblock`, `index-checksum`, `index-truncated` */
export function readSuperblock(source: PagedSource): Superblock {
  const block = source.read(superblockOffset, blockSize);
  const slot = block.subarray(deviceSlotOffset - superblockOffset);
  const unknown = block.readUInt32LE(80) & ~(incompatChunkedFile | incompatDeviceTable);
  if (
    block.readUInt32LE(0) !== superblockMagic ||
    block[12] !== blockBits ||
    unknown !== 0 ||
    block.readUInt32LE(40) !== 0 ||
    block.readUInt16LE(86) !== 1 ||
    block.readUInt16LE(88) !== deviceSlotOffset / deviceSlotSize
  ) {
    throw corruptIndex('index-superblock', 'it does not begin as an index does');
  }
  const checked = Buffer.from(block);
  checked.writeUInt32LE(0, 4);
  if ((block.readUInt32LE(8) & compatChecksum) === 0 || crc32c(checked) !== block.readUInt32LE(4)) {
    throw corruptIndex('index-checksum', 'the checksum of its superblock is wrong');
  }
  const tarStart = slot.readUInt32LE(68);
  if (tarStart * blockSize > source.size) throw corruptIndex('index-truncated', 'its end is missing');
  return {
    rootNid: block.readUInt16LE(14),
    entries: block.readUInt32LE(16),
    time: { seconds: readInt64(block, 24), nanoseconds: block.readUInt32LE(32) },
    tarBlocks: slot.readUInt32LE(64),
    tarStart,
    uuid: new Uint8Array(block.subarray(48, 64)),
  };
}

/** A signed number of 64 bits; beyond 2^53 it is not exact. */
export function readInt64(buffer: Buffer, position: number): number {
  return buffer.readInt32LE(position + 4) * 0x1_0000_0000 + buffer.readUInt32LE(position);
}
