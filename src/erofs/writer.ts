import { directoryEntries, packBlock, writeBlock } from './directory-blocks.ts';
import { crc32c } from './crc32c.ts';
import type { FinishedTree } from './finished-tree.ts';
import {
  blockBits,
  blockSize,
  chunkIndexFlag,
  chunkIndexSize,
  compactInodeSize,
  compatChecksum,
  compatMtime,
  deviceSlotOffset,
  deviceSlotSize,
  extendedInodeSize,
  incompatChunkedFile,
  incompatDeviceTable,
  inodeSlotSize,
  layoutChunked,
  layoutInline,
  modeBlock,
  modeChar,
  modeDirectory,
  modeFile,
  modeSymlink,
  modeType,
  nullAddress,
  roundUp,
  superblockMagic,
  superblockOffset,
  xattrHeaderSize,
} from './format.ts';
import { at } from './inode-table.ts';
import { layOut, xattrBody, type Layout } from './layout.ts';
import type { NameArena } from './name-arena.ts';
import { PieceWriter } from './piece-writer.ts';
import { copyChunks } from './sparse-copy.ts';
import { chunkBytes } from './sparse-plan.ts';

export interface ErofsOptions {
  /** Bytes of the tar that the tree came from. */
  readonly tarSize: number;
  /** Bytes of that tar; only called for content of sparse files that is not aligned to 512 bytes in it. */
  readonly readTar: (offset: number, length: number) => Uint8Array;
  /** 16 bytes, all zero by default: the volume's name for itself. */
  readonly uuid?: Uint8Array;
}

/**
 * The EROFS index of a layer: everything but file content, which stays in the tar. The same tree gives the same bytes.
 * Pieces are buffers of their own, of up to some hundred KiB, in order.
 *
 *     | 1024 zero bytes | superblock | device slot of the tar | inodes … | directory blocks, long symlinks, copies |
 *
 * @throws LamellaError unsupported `layer-too-large`, `sparse-too-large`; invalid `xattr-too-large`
 */
export function* writeErofs(tree: FinishedTree, options: ErofsOptions): Generator<Uint8Array> {
  const layout = layOut(tree, options.tarSize);
  const out = new PieceWriter();
  writeSuperblock(out, tree, layout, options.uuid);
  let sealed = false;
  let number = 0;
  for (const inode of tree.order) {
    number += 1;
    out.moveTo(at(layout.nids, inode) * inodeSlotSize);
    writeInode(out, tree, layout, inode, number);
    if (out.pending < PieceWriter.pieceSize) continue;
    if (!sealed) seal(out);
    sealed = true;
    yield out.take();
  }
  out.moveTo(layout.firstDataBlock * blockSize);
  if (!sealed) seal(out);
  for (const inode of tree.order) {
    yield* writeData(out, tree, layout, inode, options);
    if (out.pending >= PieceWriter.pieceSize) yield out.take();
  }
  out.moveTo(layout.blocks * blockSize);
  yield out.take();
}

function writeSuperblock(
  out: PieceWriter,
  tree: FinishedTree,
  layout: Layout,
  uuid: Uint8Array | undefined,
): void {
  const { buffer } = out.reserve(deviceSlotOffset + deviceSlotSize);
  const block = buffer.subarray(superblockOffset);
  block.writeUInt32LE(superblockMagic, 0);
  block.writeUInt32LE(compatChecksum | compatMtime, 8);
  block[12] = blockBits;
  block.writeUInt16LE(at(layout.nids, tree.tables.root), 14);
  block.writeUInt32LE(tree.entries, 16);
  writeInt64(block, layout.time.seconds, 24);
  block.writeUInt32LE(layout.time.nanoseconds, 32);
  block.writeUInt32LE(layout.blocks, 36);
  if (uuid !== undefined) block.set(uuid.subarray(0, 16), 48);
  block.writeUInt32LE(incompatChunkedFile | incompatDeviceTable, 80);
  block.writeUInt16LE(1, 86);
  block.writeUInt16LE(deviceSlotOffset / deviceSlotSize, 88);
  const slot = buffer.subarray(deviceSlotOffset);
  slot.writeUInt32LE(layout.tarBlocks, 64);
  slot.writeUInt32LE(layout.blocks, 68);
}

/** The checksum covers the block-sized piece behind the superblock's start, with the checksum itself as zero. */
function seal(out: PieceWriter): void {
  out.moveTo(Math.max(out.position, superblockOffset + blockSize));
  const head = out.peek(superblockOffset, blockSize);
  head.writeUInt32LE(crc32c(head), 4);
}

function writeInode(
  out: PieceWriter,
  tree: FinishedTree,
  layout: Layout,
  inode: number,
  number: number,
): void {
  const { inodes } = tree.tables;
  const size = at(layout.sizes, inode);
  const compact = layout.compact[inode] === 1;
  const kind = at(layout.layouts, inode);
  const body = xattrBody(tree, layout.opaqueBodies, inode);
  const { buffer, position } = out.reserve(compact ? compactInodeSize : extendedInodeSize);
  buffer.writeUInt16LE((compact ? 0 : 1) | (kind << 1), position);
  buffer.writeUInt16LE(body.length === 0 ? 0 : (body.length - xattrHeaderSize) / 4 + 1, position + 2);
  buffer.writeUInt16LE(at(inodes.mode, inode), position + 4);
  buffer.writeUInt32LE(addressOf(tree, layout, inode), position + 16);
  buffer.writeUInt32LE(number, position + 20);
  if (compact) {
    buffer.writeUInt16LE(at(tree.links, inode), position + 6);
    buffer.writeUInt32LE(size, position + 8);
    buffer.writeUInt16LE(at(inodes.uid, inode), position + 24);
    buffer.writeUInt16LE(at(inodes.gid, inode), position + 26);
  } else {
    writeInt64(buffer, size, position + 8);
    buffer.writeUInt32LE(at(inodes.uid, inode), position + 24);
    buffer.writeUInt32LE(at(inodes.gid, inode), position + 28);
    writeInt64(buffer, at(inodes.mtimeSeconds, inode), position + 32);
    buffer.writeUInt32LE(at(inodes.mtimeNanoseconds, inode), position + 40);
    buffer.writeUInt32LE(at(tree.links, inode), position + 44);
  }
  if (body.length > 0) out.put(body);
  if (kind === layoutInline) writeTail(out, tree, layout, inode);
  else if (kind === layoutChunked) writeChunkTable(out, layout, inode);
}

/** The inode's union: a block address, a device number, or the format of its chunks. */
function addressOf(tree: FinishedTree, layout: Layout, inode: number): number {
  const { inodes } = tree.tables;
  const dataBlock = layout.firstDataBlock + at(layout.dataBlocks, inode);
  switch (at(inodes.mode, inode) & modeType) {
    case modeFile: {
      const plan = layout.plans.get(inode);
      if (plan !== undefined) return chunkIndexFlag | plan.bits;
      return at(inodes.size, inode) === 0 ? 0 : layout.blocks + at(inodes.data, inode);
    }
    case modeDirectory:
    case modeSymlink:
      return dataBlock;
    case modeChar:
    case modeBlock:
      return at(inodes.data, inode);
    default:
      return 0;
  }
}

function writeTail(out: PieceWriter, tree: FinishedTree, layout: Layout, inode: number): void {
  const { inodes, names } = tree.tables;
  const size = at(layout.sizes, inode);
  if ((at(inodes.mode, inode) & modeType) === modeSymlink) {
    writeTarget(out, names, at(inodes.data, inode), size);
    return;
  }
  const entries = directoryEntries(tree, inode);
  for (let from = 0; from < entries.length;) {
    const { to, used } = packBlock(tree, entries, from);
    if (to === entries.length) {
      const { buffer, position } = out.reserve(used);
      writeBlock(tree, { directory: inode, entries, from, to, nids: layout.nids, target: buffer, position });
    }
    from = to;
  }
}

function writeTarget(out: PieceWriter, names: NameArena, reference: number, length: number): void {
  const { buffer, position } = out.reserve(length);
  names.copy(reference, length, buffer, position);
}

function* writeData(
  out: PieceWriter,
  tree: FinishedTree,
  layout: Layout,
  inode: number,
  options: ErofsOptions,
): Generator<Uint8Array> {
  const { inodes, names } = tree.tables;
  const type = at(inodes.mode, inode) & modeType;
  const inline = at(layout.layouts, inode) === layoutInline;
  if (type === modeSymlink && !inline) {
    writeTarget(out, names, at(inodes.data, inode), at(inodes.size, inode));
    out.moveTo(roundUp(out.position, blockSize));
  } else if (type === modeDirectory && !(inline && at(layout.sizes, inode) < blockSize)) {
    const entries = directoryEntries(tree, inode);
    for (let from = 0; from < entries.length;) {
      const { to } = packBlock(tree, entries, from);
      if (to < entries.length || !inline) {
        const { buffer, position } = out.reserve(blockSize);
        writeBlock(tree, {
          directory: inode,
          entries,
          from,
          to,
          nids: layout.nids,
          target: buffer,
          position,
        });
        if (out.pending >= PieceWriter.pieceSize) yield out.take();
      }
      from = to;
    }
  } else if (type === modeFile) {
    const plan = layout.plans.get(inode);
    if (plan !== undefined && plan.copiedBlocks > 0) yield* copyChunks(out, plan, options.readTar);
  }
}

function writeChunkTable(out: PieceWriter, layout: Layout, inode: number): void {
  const plan = layout.plans.get(inode);
  if (plan === undefined) throw new RangeError(`inode ${inode} has no plan`);
  out.moveTo(roundUp(out.position, chunkIndexSize));
  let copy = layout.firstDataBlock + at(layout.dataBlocks, inode);
  const step = chunkBytes(plan.bits) / blockSize;
  for (const row of plan.rows) {
    let block = row.kind === 'tar' ? row.block : row.kind === 'copy' ? copy : nullAddress;
    for (let i = 0; i < row.count; i++) {
      const { buffer, position } = out.reserve(chunkIndexSize);
      buffer.writeUInt16LE(row.kind === 'tar' ? 1 : 0, position + 2);
      buffer.writeUInt32LE(block, position + 4);
      if (row.kind !== 'hole') block += step;
    }
    if (row.kind === 'copy') copy = block;
  }
}

function writeInt64(buffer: Buffer, value: number, position: number): void {
  const high = Math.floor(value / 0x1_0000_0000);
  buffer.writeUInt32LE(value - high * 0x1_0000_0000, position);
  buffer.writeInt32LE(high, position + 4);
}
