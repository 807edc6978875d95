import { blockSize, roundUp } from './format.ts';
import { PieceWriter } from './piece-writer.ts';
import { chunkBytes, type SparsePlan } from './sparse-plan.ts';

/**
 * The chunks of a sparse file that the index holds itself, one after the other: the parts of runs that fall into them, and
 * zeros between.
 */
export function* copyChunks(
  out: PieceWriter,
  plan: SparsePlan,
  readTar: (offset: number, length: number) => Uint8Array,
): Generator<Uint8Array> {
  const chunkSize = chunkBytes(plan.bits);
  let index = 0;
  for (const row of plan.rows) {
    if (row.kind !== 'copy') continue;
    const start = row.first * chunkSize;
    const end = Math.min(start + row.count * chunkSize, plan.size);
    let done = start;
    while (done < end) {
      const run = plan.runs[index];
      if (run !== undefined && run.offset + run.length <= done) {
        index += 1;
        continue;
      }
      const inRun = run !== undefined && run.offset <= done;
      const stop = Math.min(end, inRun ? run.offset + run.length : (run?.offset ?? end));
      const length = Math.min(stop - done, PieceWriter.pieceSize);
      if (inRun) out.put(readTar(run.at + done - run.offset, length));
      else out.moveTo(out.position + length);
      done += length;
      if (out.pending >= PieceWriter.pieceSize) yield out.take();
    }
    out.moveTo(out.position + roundUp(end - start, blockSize) - (end - start));
  }
}
