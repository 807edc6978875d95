import { corruptIndex } from './corrupt-index.ts';
import {
  blockSize,
  chunkIndexFlag,
  chunkIndexSize,
  layoutChunked,
  layoutInline,
  maxChunkBits,
  nullAddress,
  roundUp,
} from './format.ts';
import { inlineTail, type ErofsInode } from './inode.ts';
import type { PagedSource } from './source.ts';
import { chunkBytes } from './sparse-plan.ts';
import type { Superblock } from './superblock.ts';

/** A stretch of an inode's data, in bytes. */
export interface Extent {
  /** Where it belongs in the data. */
  readonly offset: number;
  readonly length: number;
  /** The layer's tar, the index itself, or nowhere: zeros. */
  readonly from: 'tar' | 'index' | 'hole';
  /** Where it is there; 0 for a hole. */
  readonly at: number;
}

interface Places {
  readonly source: PagedSource;
  readonly superblock: Superblock;
}

/**
 * The extents of a file, symlink or directory, in order and without gaps.
 *
 * @throws LamellaError corrupt `index-extent`, `index-truncated` for data that lies outside of index and tar
 */
export function* extentsOf({ source, superblock }: Places, inode: ErofsInode): Generator<Extent> {
  const check = (extent: Extent): Extent => {
    const end = extent.from === 'tar' ? superblock.tarBlocks * blockSize : source.size;
    if (extent.from !== 'hole' && extent.at + extent.length > end) throw damaged(inode);
    return extent;
  };
  if (inode.size === 0 || !['file', 'symlink', 'directory'].includes(inode.type)) return;
  if (inode.data.layout === layoutChunked) {
    for (const extent of chunkExtents(source, inode)) yield check(extent);
    return;
  }
  const tail = inlineTail(inode);
  const length = inode.size - tail.length;
  if (length > 0) {
    const { address } = inode.data;
    const inTar = inode.type === 'file' && address >= superblock.tarStart;
    if (inTar)
      yield check({ offset: 0, length, from: 'tar', at: (address - superblock.tarStart) * blockSize });
    else yield check({ offset: 0, length, from: 'index', at: address * blockSize });
  }
  if (inode.data.layout === layoutInline) {
    yield check({ offset: length, length: tail.length, from: 'index', at: tail.at });
  }
}

function* chunkExtents(source: PagedSource, inode: ErofsInode): Generator<Extent> {
  const format = inode.data.address & 0xffff;
  if ((format & ~maxChunkBits) !== chunkIndexFlag) throw damaged(inode);
  const chunkSize = chunkBytes(format & maxChunkBits);
  const chunks = Math.ceil(inode.size / chunkSize);
  const table = roundUp(inode.data.xattrsAt + inode.data.xattrsSize, chunkIndexSize);
  if (table + chunks * chunkIndexSize > source.size) throw damaged(inode);
  let pending: Extent | undefined;
  for (let chunk = 0; chunk < chunks; chunk++) {
    const record = source.read(table + chunk * chunkIndexSize, chunkIndexSize);
    const device = record.readUInt16LE(2);
    const address = record.readUInt32LE(4);
    if (device > 1) throw damaged(inode);
    const offset = chunk * chunkSize;
    const length = Math.min(chunkSize, inode.size - offset);
    const from = address === nullAddress ? 'hole' : device === 1 ? 'tar' : 'index';
    const at = from === 'hole' ? 0 : address * blockSize;
    const follows = from === 'hole' ? 0 : (pending?.length ?? 0);
    if (pending !== undefined && pending.from === from && pending.at + follows === at) {
      pending = { ...pending, length: pending.length + length };
      continue;
    }
    if (pending !== undefined) yield pending;
    pending = { offset, length, from, at };
  }
  if (pending !== undefined) yield pending;
}

function damaged(inode: ErofsInode): Error {
  return corruptIndex('index-extent', `inode ${inode.nid} has its data outside of the layer`);
}
