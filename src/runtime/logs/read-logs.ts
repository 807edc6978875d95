import { watch } from 'node:fs';
import { open, stat, type FileHandle } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { unlessMissing } from '../../base/files.ts';
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
  const isTimed = since !== -Infinity || until !== Infinity;
  const isBegun = { stdout: false, stderr: false };
  for await (const lines of blocksOf(path, options)) {
    const output = createJoiner();
    let isOver = false;
    for (const line of lines) {
      const time = isTimed ? Date.parse(line.time) : 0;
      if (isTimed && time < since) continue;
      isOver = isTimed && time > until;
      if (isOver) break;
      if (options.timestamps && !isBegun[line.stream]) {
        output.add(line.stream, Buffer.from(`${utcTime(line.time)} `));
      }
      isBegun[line.stream] = !line.complete;
      output.add(line.stream, line.text);
      if (line.complete) output.add(line.stream, newline);
    }
    yield* output.pieces();
    if (isOver) return;
  }
}

const newline = Buffer.from('\n');

/** Makes one piece of what comes on the same stream one after the other: few large writes in place of many small ones. */
function createJoiner(): {
  add(stream: OutputPiece['stream'], bytes: Buffer): void;
  pieces(): Generator<OutputPiece>;
} {
  const runs: { stream: OutputPiece['stream']; parts: Buffer[] }[] = [];
  return {
    add(stream, bytes) {
      const last = runs.at(-1);
      if (last?.stream === stream) last.parts.push(bytes);
      else runs.push({ stream, parts: [bytes] });
    },
    *pieces() {
      for (const { stream, parts } of runs) yield { stream, bytes: Buffer.concat(parts) };
    },
  };
}

/** The lines of the log from where `tail` begins; with `follow` until the container has ended and all is read. */
async function* blocksOf(
  path: string,
  { follow, isRunning, signal, tail }: ReadLogOptions,
): AsyncGenerator<LogLine[]> {
  using changes = watchFile(path, { enabled: follow });
  await using opened = new AsyncDisposableStack();
  let file = opened.use(await open(path, 'r'));
  let reader = lineReader(file, await findTail(file, tail));
  for (;;) {
    signal?.throwIfAborted();
    // Both are asked before reading: what was written to this file before is then read for sure.
    const mayGrow = follow && (await isRunning());
    const next = follow ? await newerFile(path, file) : undefined;
    for (let lines = await reader.next(); lines !== undefined; lines = await reader.next()) yield lines;
    if (next !== undefined) {
      await file.close();
      file = opened.use(next);
      reader = lineReader(file, 0);
    } else if (mayGrow) {
      await changes.next(signal);
    } else {
      return;
    }
  }
}

/** The log that conmon has begun in place of a full one. */
async function newerFile(path: string, file: FileHandle): Promise<FileHandle | undefined> {
  const [known, named] = await Promise.all([
    file.stat({ bigint: true }),
    unlessMissing(stat(path, { bigint: true })),
  ]);
  if (named === undefined || named.ino === known.ino) return undefined;
  return await unlessMissing(open(path, 'r'));
}

const blockSize = 1 << 18;

/** Gives the lines that came in since it was asked last, in blocks; undefined where there are no more for now. */
function lineReader(file: FileHandle, start: number): { next(): Promise<LogLine[] | undefined> } {
  let position = start;
  let rest: Buffer = Buffer.alloc(0);
  return {
    async next() {
      const block = Buffer.allocUnsafe(rest.byteLength + blockSize);
      const { bytesRead } = await file.read(block, rest.byteLength, blockSize, position);
      if (bytesRead === 0) return undefined;
      position += bytesRead;
      block.set(rest);
      const text = block.subarray(0, rest.byteLength + bytesRead);
      const lines: LogLine[] = [];
      let at = 0;
      for (let end = text.indexOf(10); end !== -1; end = text.indexOf(10, at)) {
        const line = parseLogLine(text.subarray(at, end));
        if (line !== undefined) lines.push(line);
        at = end + 1;
      }
      rest = text.subarray(at);
      return lines;
    },
  };
}

/** Resolves at each change of a file, and half a second after the last one for what no change tells of. */
function watchFile(
  path: string,
  { enabled }: { enabled: boolean },
): Disposable & { next(signal?: AbortSignal): Promise<void> } {
  let changed = false;
  let wake: (() => void) | undefined;
  const name = basename(path);
  // The folder and not the file, in whose place another one may come.
  const watcher = enabled
    ? watch(dirname(path), (_, changedName) => {
        if (changedName !== null && changedName !== name) return;
        changed = true;
        wake?.();
      })
    : undefined;
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
