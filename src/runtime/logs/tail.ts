import type { FileHandle } from 'node:fs/promises';
import { parseLogLine } from './log-line.ts';

const blockSize = 1 << 16;

/**
 * Where the last `count` lines of a log begin, in bytes from its start. Reads from the end, so that it costs what is
 * shown and not what is there. Pieces of one line count as one.
 */
export async function findTail(file: FileHandle, count: number): Promise<number> {
  if (count === Infinity || count < 0) return 0;
  const { size } = await file.stat();
  let lines = 0;
  let start = size;
  for await (const { offset, line } of linesBackwards(file, size)) {
    const parsed = parseLogLine(line);
    if (parsed === undefined) continue;
    // A complete piece ends a line; what is unfinished at the very end is a line of its own.
    if (parsed.complete || start === size) lines += 1;
    if (lines > count) return start;
    start = offset;
  }
  return count === 0 ? size : start;
}

async function* linesBackwards(
  file: FileHandle,
  size: number,
): AsyncGenerator<{ offset: number; line: Buffer }> {
  let end = size;
  let held: Buffer = Buffer.alloc(0);
  while (end > 0) {
    const from = Math.max(0, end - blockSize);
    const block = Buffer.alloc(end - from);
    const { bytesRead } = await file.read(block, 0, block.byteLength, from);
    held = Buffer.concat([block.subarray(0, bytesRead), held]);
    end = from;
    for (;;) {
      const last = held.byteLength - (held.at(-1) === 10 ? 1 : 0);
      const before = last === 0 ? -1 : held.lastIndexOf(10, last - 1);
      if (before === -1) break;
      yield { offset: from + before + 1, line: held.subarray(before + 1, last) };
      held = held.subarray(0, before + 1);
    }
  }
  if (held.byteLength > 0)
    yield { offset: 0, line: held.subarray(0, held.byteLength - (held.at(-1) === 10 ? 1 : 0)) };
}
