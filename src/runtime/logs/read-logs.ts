import { watch } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';
import { parseTimestamp } from '../../oci/timestamp.ts';
import type { OutputPiece } from '../attach.ts';
import { parseLogLine, utcTime, type LogLine } from './log-line.ts';
import { findTail } from './tail.ts';

export interface LogOptions {
  readonly follow: boolean;
  readonly timestamps: boolean;
  /** As written: a date, a Unix time or a duration (`10m`). */
  readonly since: string | undefined;
  readonly until: string | undefined;
  /** Lines from the end; Infinity for all. */
  readonly tail: number;
  readonly signal?: AbortSignal | undefined;
}

interface ReadLogOptions extends LogOptions {
  /** Milliseconds since 1970, for durations. */
  readonly now: number;
  /** Asked when the end of the log is reached, to know whether more may come. */
  readonly isRunning: () => Promise<boolean>;
}

/** What a container has written, byte for byte, from the log that conmon keeps. */
export async function* readLogs(path: string, options: ReadLogOptions): AsyncGenerator<OutputPiece> {
  const since = options.since === undefined ? -Infinity : parseTimestamp(options.since, options.now);
  const until = options.until === undefined ? Infinity : parseTimestamp(options.until, options.now);
  await using file = await open(path, 'r');
  const start = await findTail(file, options.tail);
  let atLineStart = { stdout: true, stderr: true };
  for await (const line of linesOf(file, path, start, options)) {
    if (since !== -Infinity || until !== Infinity) {
      const time = Date.parse(line.time);
      if (time < since) continue;
      if (time > until) return;
    }
    const stamp =
      options.timestamps && atLineStart[line.stream] ? [Buffer.from(`${utcTime(line.time)} `)] : [];
    atLineStart = { ...atLineStart, [line.stream]: line.complete };
    const bytes = Buffer.concat([...stamp, line.text, ...(line.complete ? [newline] : [])]);
    yield { stream: line.stream, bytes };
  }
}

const newline = Buffer.from('\n');

/** Lines from a place in the log on; with `follow` until the container has ended and all is read. */
async function* linesOf(
  file: FileHandle,
  path: string,
  start: number,
  { follow, isRunning, signal }: ReadLogOptions,
): AsyncGenerator<LogLine> {
  using changes = watchFile(path, { enabled: follow });
  let position = start;
  let rest: Buffer = Buffer.alloc(0);
  for (;;) {
    signal?.throwIfAborted();
    // Asked before reading: what was written before the end is then read for sure.
    const mayGrow = follow && (await isRunning());
    for (;;) {
      const piece = Buffer.allocUnsafe(1 << 16);
      const { bytesRead } = await file.read(piece, 0, piece.byteLength, position);
      if (bytesRead === 0) break;
      position += bytesRead;
      const text = Buffer.concat([rest, piece.subarray(0, bytesRead)]);
      let at = 0;
      for (let end = text.indexOf(10); end !== -1; end = text.indexOf(10, at)) {
        const line = parseLogLine(text.subarray(at, end));
        if (line !== undefined) yield line;
        at = end + 1;
      }
      rest = text.subarray(at);
    }
    if (!mayGrow) return;
    await changes.next(signal);
  }
}

/** Resolves at each change of a file, and half a second after the last one for what no change tells of. */
function watchFile(
  path: string,
  { enabled }: { enabled: boolean },
): Disposable & { next(signal?: AbortSignal): Promise<void> } {
  let changed = false;
  let wake: (() => void) | undefined;
  const tell = (): void => {
    changed = true;
    wake?.();
  };
  const watcher = enabled ? watch(path, tell) : undefined;
  watcher?.on('error', () => {});
  return {
    async next(signal) {
      if (!changed) {
        const { promise, resolve } = Promise.withResolvers<void>();
        wake = resolve;
        const timer = setTimeout(resolve, 500);
        const stop = (): void => resolve();
        signal?.addEventListener('abort', stop);
        await promise;
        signal?.removeEventListener('abort', stop);
        clearTimeout(timer);
      }
      changed = false;
    },
    [Symbol.dispose]: () => watcher?.close(),
  };
}
