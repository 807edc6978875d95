import { byteString, type ByteString } from '../base/byte-string.ts';
import { corruptIndex } from './corrupt-index.ts';
import { blockSize, direntSize, maxNameLength } from './format.ts';
import { inlineTail, type ErofsInode, type ErofsType } from './inode.ts';
import type { PagedSource } from './source.ts';

/** A name in a directory. */
export interface ErofsDirent {
  readonly name: ByteString;
  readonly nid: number;
  readonly type: ErofsType;
}

/** All entries in byte-wise order of their names, without `.` and `..`. @throws LamellaError corrupt `index-directory` */
export function* listDirectory(source: PagedSource, directory: ErofsInode): Generator<ErofsDirent> {
  let last = '';
  for (let block = 0; block < blockCount(directory); block++) {
    for (const entry of entriesOf(source, directory, block)) {
      if (entry.name <= last) throw damaged(directory);
      last = entry.name;
      if (entry.name !== '.' && entry.name !== '..') yield entry;
    }
  }
}

/** The entry of that name: by halving for the block it must be in, then through that block. */
export function findInDirectory(
  source: PagedSource,
  directory: ErofsInode,
  name: ByteString,
): ErofsDirent | undefined {
  let low = 0;
  let high = blockCount(directory) - 1;
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    const [first] = entriesOf(source, directory, middle);
    if (first === undefined) throw damaged(directory);
    if (first.name <= name) low = middle;
    else high = middle - 1;
  }
  if (high < 0) return undefined;
  for (const entry of entriesOf(source, directory, low)) if (entry.name === name) return entry;
  return undefined;
}

function blockCount(directory: ErofsInode): number {
  return Math.ceil(directory.size / blockSize);
}

function* entriesOf(source: PagedSource, directory: ErofsInode, index: number): Generator<ErofsDirent> {
  const block = readBlock(source, directory, index);
  const names = block.length < direntSize ? 0 : block.readUInt16LE(8);
  if (names < direntSize || names % direntSize !== 0 || names > block.length) throw damaged(directory);
  for (let record = 0; record < names; record += direntSize) {
    const start = block.readUInt16LE(record + 8);
    const isLast = record + direntSize === names;
    let end = isLast ? block.length : block.readUInt16LE(record + direntSize + 8);
    if (isLast && start < end) {
      const padding = block.indexOf(0, start);
      if (padding >= 0) end = padding;
    }
    if (start < names || end <= start || end > block.length || end - start > maxNameLength)
      throw damaged(directory);
    const name = byteString(block.subarray(start, end));
    const nid = block.readUInt32LE(record) + block.readUInt32LE(record + 4) * 0x1_0000_0000;
    const type = typesOnDisk[block.readUInt8(record + 10)];
    if (type === undefined || name.includes('/') || name.includes('\0')) throw damaged(directory);
    yield { name, nid, type };
  }
}

function readBlock(source: PagedSource, directory: ErofsInode, index: number): Buffer {
  const tail = inlineTail(directory);
  const inBlocks = directory.size - tail.length;
  const offset = index * blockSize;
  if (offset >= inBlocks) return source.read(tail.at, tail.length);
  return source.read(directory.data.address * blockSize + offset, Math.min(blockSize, inBlocks - offset));
}

const typesOnDisk: readonly (ErofsType | undefined)[] = [
  undefined,
  'file',
  'directory',
  'char',
  'block',
  'fifo',
  undefined,
  'symlink',
];

function damaged(directory: ErofsInode): Error {
  return corruptIndex('index-directory', `directory ${directory.nid} has entries that make no sense`);
}
