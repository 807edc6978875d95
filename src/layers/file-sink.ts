import { open } from 'node:fs/promises';
import { writeFully } from '../base/files.ts';

/** Pieces are gathered until a write is worth its system call, in bytes. */
const batchSize = 1 << 20;
/** One is filled, one is written, one waits for its turn to be written. */
const bufferCount = 3;
/** After so many bytes the kernel is asked to begin writing back, so that the last sync finds little left to do. */
const writebackInterval = 64 << 20;

/**
 * Lets one file at a time be written back early: a sync holds one of the four threads in which Node.js also
 * decompresses. Files that share a gate take turns.
 */
export interface WritebackGate {
  busy: boolean;
}

/**
 * Writes a new file in large pieces, the next being prepared while one is written. What is given is copied into buffers
 * that are used again and again: fresh memory for each piece would cost several times what the copying does.
 */
export interface FileSink extends AsyncDisposable {
  /** Takes a copy of a piece. Wait for the result before giving the next one. */
  write(piece: Uint8Array): Promise<void> | undefined;
  /** Writes out what was given, so that it can be read from the file. */
  flush(): Promise<void>;
  /** Waits until all that was given is written, and durable. Returns the size in bytes. */
  finish(): Promise<number>;
  readonly fd: number;
}

export async function createFileSink(path: string, gate: WritebackGate = { busy: false }): Promise<FileSink> {
  const file = await open(path, 'wx+', 0o644);
  const buffers: Buffer[] = [];
  let turn = 0;
  let used = 0;
  let size = 0;
  let nextWriteback = writebackInterval;
  let writing: Promise<void> = Promise.resolve();
  let writeback: Promise<void> = Promise.resolve();

  function current(): Buffer {
    return (buffers[turn] ??= Buffer.allocUnsafeSlow(batchSize));
  }

  /** Begins to write the buffer at hand, once the one before is written, and goes on to the next. */
  async function next(): Promise<void> {
    const batch = current().subarray(0, used);
    turn = (turn + 1) % bufferCount;
    used = 0;
    await writing;
    writing = writeFully(file, batch);
    // Its failure comes out of the next call; here it would only count as unhandled.
    writing.catch(() => {});
    startWriteback();
  }

  async function write(piece: Uint8Array): Promise<void> {
    for (let at = 0; at < piece.byteLength;) {
      const part = piece.subarray(at, at + batchSize - used);
      current().set(part, used);
      used += part.byteLength;
      at += part.byteLength;
      if (used === batchSize) await next();
    }
  }

  function startWriteback(): void {
    if (size < nextWriteback || gate.busy) return;
    nextWriteback = size + writebackInterval;
    gate.busy = true;
    writeback = file.datasync().finally(() => {
      gate.busy = false;
    });
    writeback.catch(() => {});
  }

  async function flush(): Promise<void> {
    if (used > 0) await next();
    await writing;
  }

  return {
    fd: file.fd,
    write(piece) {
      size += piece.byteLength;
      if (used + piece.byteLength >= batchSize) return write(piece);
      current().set(piece, used);
      used += piece.byteLength;
      return undefined;
    },
    flush,
    async finish() {
      await flush();
      await writeback;
      await file.datasync();
      return size;
    },
    async [Symbol.asyncDispose]() {
      await Promise.allSettled([writing, writeback]);
      await file.close();
    },
  };
}
