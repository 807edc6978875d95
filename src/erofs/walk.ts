import type { ByteString } from '../base/byte-string.ts';
import { corruptIndex } from './corrupt-index.ts';
import { maxPathLength } from './format.ts';
import type { ErofsDirent, ErofsInode, ErofsReader } from './reader.ts';

export interface WalkedEntry {
  /** From the root, without a leading slash; empty for the root itself. */
  readonly path: ByteString;
  readonly inode: ErofsInode;
}

/**
 * Everything in a layer, a directory before what is in it, names in byte-wise order. A file with several links comes once
 * for each.
 *
 * @throws LamellaError corrupt `index-directory` where directories contain each other, or more than the index can hold
 */
export function* walk(reader: ErofsReader, from: ErofsInode = reader.root): Generator<WalkedEntry> {
  yield { path: '' as ByteString, inode: from };
  const seen = new Set([from.nid]);
  const stack: { path: string; entries: Iterator<ErofsDirent> }[] = [enter(reader, '', from)];
  let left = reader.maxDirents;
  for (let here = stack.at(-1); here !== undefined; here = stack.at(-1)) {
    const { value: entry, done } = here.entries.next();
    if (done) {
      stack.pop();
      continue;
    }
    left -= 1;
    const inode = reader.inode(entry.nid);
    const path = (here.path + entry.name) as ByteString;
    if (inode.type === 'directory') {
      if (seen.has(inode.nid) || stack.length > maxPathLength) throw tangled();
      seen.add(inode.nid);
      stack.push(enter(reader, `${path}/`, inode));
    }
    if (left < 0) throw tangled();
    yield { path, inode };
  }
}

function enter(
  reader: ErofsReader,
  path: string,
  directory: ErofsInode,
): { path: string; entries: Iterator<ErofsDirent> } {
  return { path, entries: reader.list(directory)[Symbol.iterator]() };
}

function tangled(): Error {
  return corruptIndex('index-directory', 'its directories contain each other');
}
