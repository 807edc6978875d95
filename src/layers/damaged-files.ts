import type { ByteString } from '../base/byte-string.ts';
import { ErofsReader, memorySource } from '../erofs/reader.ts';
import { walk } from '../erofs/walk.ts';
import type { ByteRange } from './chunk-sums.ts';

/**
 * The files whose content lies in the given parts of the tar. A hard-linked file is named by each of its names. As many
 * as can be told where the index is damaged too.
 */
export function filesInRanges(index: Uint8Array, ranges: readonly ByteRange[]): ByteString[] {
  const hit: ByteString[] = [];
  const isHit = (start: number, end: number): boolean =>
    ranges.some((range) => start < range.end && end > range.start);
  try {
    const reader = new ErofsReader(memorySource(index));
    for (const { path, inode } of walk(reader)) {
      if (inode.type !== 'file') continue;
      for (const { from, at, length } of reader.extents(inode)) {
        if (from === 'tar' && isHit(at, at + length)) {
          hit.push(path);
          break;
        }
      }
    }
  } catch {
    // A damaged index: what was found before is still true.
  }
  return hit;
}
