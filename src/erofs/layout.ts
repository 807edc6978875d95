import { LamellaError } from '../base/errors.ts';
import type { ByteString } from '../base/byte-string.ts';
import { directoryEntries, directorySize } from './directory-blocks.ts';
import type { FinishedTree } from './finished-tree.ts';
import {
  blockSize,
  chunkIndexSize,
  compactInodeSize,
  extendedInodeSize,
  inodeSlotSize,
  inodesOffset,
  layoutChunked,
  layoutInline,
  layoutPlain,
  modeDirectory,
  modeFile,
  modeSymlink,
  modeType,
  roundUp,
} from './format.ts';
import { at } from './inode-table.ts';
import { checkSparseCost, planSparse, type SparsePlan } from './sparse-plan.ts';
import { commonTime, type CommonTime } from './common-time.ts';
import { encodeXattrs } from './xattr-body.ts';

/** Where everything goes, known before the first byte is written. */
export interface Layout {
  /** By inode: its number on disk. */
  readonly nids: Uint32Array;
  /** By inode: the first block of the index that holds its data, for directories, long symlinks and copied content. */
  readonly dataBlocks: Uint32Array;
  /** By inode: how its data is laid out. */
  readonly layouts: Uint8Array;
  /** By inode: 1 where the short form is used. */
  readonly compact: Uint8Array;
  /** By inode: size on disk; of directories, which have none before. */
  readonly sizes: Float64Array;
  readonly time: CommonTime;
  readonly plans: ReadonlyMap<number, SparsePlan>;
  /** xattrs of the opaque directories, whose mark is not in the tree's own sets. */
  readonly opaqueBodies: ReadonlyMap<number, Uint8Array>;
  /** Block at which data begins, behind the inodes. */
  readonly firstDataBlock: number;
  /** Blocks of the whole index; the tar's blocks are addressed as if they followed. */
  readonly blocks: number;
  readonly tarBlocks: number;
}

/** @throws LamellaError unsupported `layer-too-large`, `sparse-too-large`; invalid `xattr-too-large` */
export function layOut(tree: FinishedTree, tarSize: number): Layout {
  const { inodes, sparse } = tree.tables;
  const nids = new Uint32Array(inodes.count);
  const dataBlocks = new Uint32Array(inodes.count);
  const layouts = new Uint8Array(inodes.count);
  const compact = new Uint8Array(inodes.count);
  const sizes = inodes.size.slice(0, inodes.count);
  const plans = new Map<number, SparsePlan>();
  const opaqueBodies = opaqueXattrs(tree);
  const time = commonTime(tree);
  let position = inodesOffset;
  let block = 0;
  let sparseCost = 0;
  for (const inode of tree.order) {
    const type = at(inodes.mode, inode) & modeType;
    if (type === modeDirectory) sizes[inode] = directorySize(tree, directoryEntries(tree, inode));
    const size = at(sizes, inode);
    const body = xattrBody(tree, opaqueBodies, inode);
    compact[inode] = isCompact(tree, time, inode, size) ? 1 : 0;
    const head = (compact[inode] === 1 ? compactInodeSize : extendedInodeSize) + body.length;
    let tail = 0;
    let blocks = 0;
    if (type === modeDirectory || type === modeSymlink) {
      tail = type === modeDirectory ? size % blockSize : size;
      if (tail > 0 && head + tail <= blockSize) layouts[inode] = layoutInline;
      else tail = 0;
      blocks = Math.ceil((size - tail) / blockSize);
      if (tail > 0 && (position % blockSize) + head + tail > blockSize)
        position = roundUp(position, blockSize);
    } else if (type === modeFile && sparse.has(inode) && size > 0) {
      const plan = planSparse(size, sparse.runs(inode));
      sparseCost += plan.cost;
      checkSparseCost(sparseCost, tarSize);
      plans.set(inode, plan);
      layouts[inode] = layoutChunked;
      tail = roundUp(head, chunkIndexSize) - head + plan.chunks * chunkIndexSize;
      blocks = plan.copiedBlocks;
    } else {
      layouts[inode] = layoutPlain;
    }
    nids[inode] = position / inodeSlotSize;
    dataBlocks[inode] = block;
    block += blocks;
    position = roundUp(position + head + tail, inodeSlotSize);
  }
  const firstDataBlock = Math.ceil(position / blockSize);
  const blocks = firstDataBlock + block;
  const tarBlocks = Math.ceil(tarSize / blockSize);
  if (blocks + tarBlocks > 2 ** 32 - 1) {
    throw new LamellaError('unsupported', 'layer is larger than 2 TiB', { code: 'layer-too-large' });
  }
  return {
    nids,
    dataBlocks,
    layouts,
    compact,
    sizes,
    time,
    plans,
    opaqueBodies,
    firstDataBlock,
    blocks,
    tarBlocks,
  };
}

/** Whether the short form of an inode can hold it: 16 bits for owners and links, 32 for the size, and no time of its own. */
function isCompact(tree: FinishedTree, time: CommonTime, inode: number, size: number): boolean {
  const { inodes } = tree.tables;
  return (
    inodes.mtimeSeconds[inode] === time.seconds &&
    inodes.mtimeNanoseconds[inode] === time.nanoseconds &&
    at(inodes.uid, inode) <= 0xffff &&
    at(inodes.gid, inode) <= 0xffff &&
    at(tree.links, inode) <= 0xffff &&
    size <= 0xffff_ffff
  );
}

export function xattrBody(
  tree: FinishedTree,
  opaque: ReadonlyMap<number, Uint8Array>,
  inode: number,
): Uint8Array {
  return opaque.get(inode) ?? tree.tables.xattrs.body(at(tree.tables.inodes.xattrs, inode));
}

const opaqueName = 'trusted.overlay.opaque' as ByteString;

function opaqueXattrs(tree: FinishedTree): Map<number, Uint8Array> {
  const { inodes, xattrs } = tree.tables;
  const bodies = new Map<number, Uint8Array>();
  for (const inode of tree.opaque) {
    const attributes = xattrs.attributes(at(inodes.xattrs, inode));
    attributes.set(opaqueName, Buffer.from('y'));
    bodies.set(inode, encodeXattrs(attributes, 'opaque directory'));
  }
  return bodies;
}
