import { LamellaError } from '../base/errors.ts';
import type { SparseRun, TarEntry } from '../tar/entry.ts';
import { quotePath } from './tree-path.ts';

/** A stored run of a sparse file, and where in the tar it is. */
export interface StoredRun {
  readonly offset: number;
  readonly length: number;
  /** Bytes from the start of the tar; need not be aligned, since runs follow each other without padding. */
  readonly at: number;
}

/** Where the stored runs of sparse files are, by inode: three numbers a run. */
export class SparseTable {
  readonly #runs = new Map<number, Float64Array>();

  /** @throws LamellaError invalid `sparse-invalid` when runs overlap, leave the file, or do not add up */
  add(inode: number, entry: TarEntry, runs: readonly SparseRun[]): void {
    const stored = runs.filter((run) => run.length > 0);
    const columns = new Float64Array(stored.length * 3);
    let end = 0;
    let position = 0;
    for (const [index, run] of stored.entries()) {
      if (!Number.isSafeInteger(run.offset + run.length) || run.offset < end) throw invalid(entry);
      columns.set([run.offset, run.length, entry.dataOffset + position], index * 3);
      end = run.offset + run.length;
      position += run.length;
    }
    if (end > entry.size || position > entry.storedSize) throw invalid(entry);
    this.#runs.set(inode, columns);
  }

  has(inode: number): boolean {
    return this.#runs.has(inode);
  }

  runs(inode: number): StoredRun[] {
    const columns = this.#runs.get(inode) ?? new Float64Array(0);
    const runs: StoredRun[] = [];
    for (let i = 0; i < columns.length; i += 3) {
      const [offset = 0, length = 0, at = 0] = columns.subarray(i, i + 3);
      runs.push({ offset, length, at });
    }
    return runs;
  }
}

function invalid(entry: TarEntry): LamellaError {
  return new LamellaError('invalid', `${quotePath(entry.path)}: invalid map of a sparse file`, {
    code: 'sparse-invalid',
  });
}
