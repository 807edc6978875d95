import type { FinishedTree } from './finished-tree.ts';
import { at } from './inode-table.ts';

export interface CommonTime {
  readonly seconds: number;
  readonly nanoseconds: number;
}

const buckets = 1 << 16;

/**
 * The modification time that most inodes share: those need no time of their own, since short inodes take the
 * superblock's. Counts in a table of fixed size first, and exactly only within its fullest bucket, so that a million
 * different times cost no memory. Times before 1970 do not count: the superblock's is not signed everywhere.
 */
export function commonTime(tree: FinishedTree): CommonTime {
  const { mtimeSeconds, mtimeNanoseconds } = tree.tables.inodes;
  const bucketOf = (inode: number): number => {
    const seconds = at(mtimeSeconds, inode);
    if (seconds < 0) return -1;
    return (Math.imul((seconds % 0x1_0000_0000) ^ at(mtimeNanoseconds, inode), 0x9e37_79b1) >>> 16) % buckets;
  };
  const counts = new Uint32Array(buckets);
  for (const inode of tree.order) {
    const bucket = bucketOf(inode);
    if (bucket >= 0) counts[bucket] = at(counts, bucket) + 1;
  }
  let fullest = 0;
  for (let bucket = 1; bucket < buckets; bucket++)
    if (at(counts, bucket) > at(counts, fullest)) fullest = bucket;

  const exact = new Map<string, CommonTime & { count: number }>();
  let best: (CommonTime & { count: number }) | undefined;
  for (const inode of tree.order) {
    if (bucketOf(inode) !== fullest) continue;
    const seconds = at(mtimeSeconds, inode);
    const nanoseconds = at(mtimeNanoseconds, inode);
    const key = `${seconds}.${nanoseconds}`;
    const known = exact.get(key) ?? { seconds, nanoseconds, count: 0 };
    known.count += 1;
    exact.set(key, known);
    if (best === undefined || known.count > best.count) best = known;
  }
  return { seconds: best?.seconds ?? 0, nanoseconds: best?.nanoseconds ?? 0 };
}
