import { LamellaError } from '../base/errors.ts';
import { blockBits, blockSize, chunkIndexSize, maxChunkBits, roundUp } from './format.ts';
import type { StoredRun } from './sparse-table.ts';

/**
 * What a row of chunks of a sparse file is: a hole; content that lies in the tar as it is needed; or content that must be
 * copied into the index, because a run begins or ends inside the chunk or is not aligned in the tar.
 */
interface ChunkRow {
  readonly kind: 'hole' | 'tar' | 'copy';
  readonly first: number;
  readonly count: number;
  /** Of `tar`: the block of the first chunk. */
  readonly block: number;
}

export interface SparsePlan {
  readonly size: number;
  /** A chunk is `512 << bits` bytes. */
  readonly bits: number;
  readonly chunks: number;
  readonly rows: readonly ChunkRow[];
  readonly runs: readonly StoredRun[];
  /** Blocks of the index that copies take, in the order of their chunks. */
  readonly copiedBlocks: number;
  /** Bytes that the file takes in the index. */
  readonly cost: number;
}

/**
 * Lays a sparse file out in chunks of one size, the size at which table and copies together are smallest: many small
 * chunks need a long table, large ones more copying at the edges of runs.
 */
export function planSparse(size: number, runs: readonly StoredRun[]): SparsePlan {
  let best: { bits: number; cost: number } | undefined;
  for (let bits = maxChunkBits; bits >= 0; bits--) {
    const cost = costOf(size, runs, bits);
    if (best === undefined || cost < best.cost) best = { bits, cost };
  }
  const { bits, cost } = best ?? { bits: 0, cost: 0 };
  const chunkSize = chunkBytes(bits);
  const rows: ChunkRow[] = [];
  const chunks = Math.ceil(size / chunkSize);
  let next = 0;
  let copiedBlocks = 0;
  for (const row of contentRows(size, runs, bits)) {
    if (row.first > next) rows.push({ kind: 'hole', first: next, count: row.first - next, block: 0 });
    rows.push(row);
    next = row.first + row.count;
    if (row.kind === 'copy') {
      copiedBlocks +=
        roundUp(Math.min(next * chunkSize, size) - row.first * chunkSize, blockSize) / blockSize;
    }
  }
  if (next < chunks) rows.push({ kind: 'hole', first: next, count: chunks - next, block: 0 });
  return { size, bits, chunks, rows, runs, copiedBlocks, cost };
}

export function chunkBytes(bits: number): number {
  return 2 ** (bits + blockBits);
}

/** Bytes that sparse files may add to an index beyond what the tar itself takes: a bound for maps made to fill disks. */
const allowance = 64 * 1024 * 1024;

/** @throws LamellaError unsupported `sparse-too-large` */
export function checkSparseCost(cost: number, tarSize: number): void {
  if (cost <= allowance + tarSize) return;
  throw new LamellaError('unsupported', 'layer has sparse files that its index cannot hold', {
    code: 'sparse-too-large',
  });
}

function costOf(size: number, runs: readonly StoredRun[], bits: number): number {
  const chunkSize = chunkBytes(bits);
  let cost = Math.ceil(size / chunkSize) * chunkIndexSize;
  for (const row of contentRows(size, runs, bits)) {
    if (row.kind === 'copy') cost += Math.min(row.count * chunkSize, size - row.first * chunkSize);
  }
  return cost;
}

/** The rows with content, in order; a chunk that two runs share is one row. */
function* contentRows(size: number, runs: readonly StoredRun[], bits: number): Generator<ChunkRow> {
  const chunkSize = chunkBytes(bits);
  let done = 0;
  for (const run of runs) {
    const end = run.offset + run.length;
    const first = Math.max(Math.floor(run.offset / chunkSize), done);
    const last = Math.ceil(end / chunkSize);
    if (last <= first) continue;
    const aligned = (run.at - run.offset) % blockSize === 0;
    const wholeFirst = Math.max(Math.ceil(run.offset / chunkSize), done);
    const wholeEnd = end === size ? last : Math.floor(end / chunkSize);
    if (!aligned || wholeEnd <= wholeFirst) {
      yield { kind: 'copy', first, count: last - first, block: 0 };
    } else {
      if (wholeFirst > first) yield { kind: 'copy', first, count: wholeFirst - first, block: 0 };
      const block = (run.at + wholeFirst * chunkSize - run.offset) / blockSize;
      yield { kind: 'tar', first: wholeFirst, count: wholeEnd - wholeFirst, block };
      if (last > wholeEnd) yield { kind: 'copy', first: wholeEnd, count: last - wholeEnd, block: 0 };
    }
    done = last;
  }
}
