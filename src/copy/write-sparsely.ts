import { ftruncateSync, write, writeSync } from 'node:fs';
import { promisify } from 'node:util';
import type { ByteStream } from '../base/streams.ts';

const writeAsync = promisify(write);

/** So many zeros in a row become a hole, in bytes. */
const holeSize = 64 << 10;
const zeros = new Uint8Array(holeSize);
/** Up to here the thread pool costs more than the writing, in bytes. */
const small = 128 << 10;

/** Writes a file from its beginning; long runs of zeros take no room on the disk. */
export async function writeSparsely(fd: number, content: ByteStream, size: number): Promise<void> {
  let at = 0;
  for await (const piece of content) {
    for (const { start, end } of filledRuns(piece)) {
      for (let from = start; from < end;) {
        from +=
          end - from <= small
            ? writeSync(fd, piece, from, end - from, at + from)
            : (await writeAsync(fd, piece, from, end - from, at + from)).bytesWritten;
      }
    }
    at += piece.byteLength;
  }
  ftruncateSync(fd, Math.max(at, size));
}

/** The parts of a piece between its blocks of zeros. */
function* filledRuns(piece: Uint8Array): Generator<{ start: number; end: number }> {
  let start = 0;
  for (let at = 0; at + holeSize <= piece.byteLength; at += holeSize) {
    if (Buffer.compare(piece.subarray(at, at + holeSize), zeros) !== 0) continue;
    if (start < at) yield { start, end: at };
    start = at + holeSize;
  }
  if (start < piece.byteLength) yield { start, end: piece.byteLength };
}
