import { open, type FileHandle } from 'node:fs/promises';

/** Pieces are gathered until a write is worth its system call, in bytes. */
const batchSize = 1 << 20;
/** IOV_MAX is 1024. */
const maxPieces = 512;
/** After so many bytes the kernel is asked to begin writing back, so that the last sync finds little left to do. */
const writebackInterval = 64 << 20;

/**
 * Lets one file at a time be written back early: a sync holds one of the four threads in which Node.js also
 * decompresses. Files that share a gate take turns.
 */
export interface WritebackGate {
  busy: boolean;
}

/** Writes a new file in large pieces, the next being prepared while one is written. Memory stays below three batches. */
export interface FileSink extends AsyncDisposable {
  /** Takes a piece, which the caller must not change afterwards. Wait for it before giving the next one. */
  write(piece: Uint8Array): Promise<void> | undefined;
  /** Waits until all that was given is written, and durable. Returns the size in bytes. */
  finish(): Promise<number>;
  /** Writes out what was given, so that it can be read from the file. */
  flush(): Promise<void>;
  readonly fd: number;
}

export async function createFileSink(path: string, gate: WritebackGate = { busy: false }): Promise<FileSink> {
  const file = await open(path, 'wx+', 0o644);
  let pieces: Uint8Array[] = [];
  let gathered = 0;
  let size = 0;
  let nextWriteback = writebackInterval;
  let writing: Promise<void> = Promise.resolve();
  let writeback: Promise<void> = Promise.resolve();

  async function next(): Promise<void> {
    await writing;
    if (pieces.length === 0) return;
    const batch = pieces;
    pieces = [];
    gathered = 0;
    writing = writeAll(file, batch);
    // Its failure comes out of the next call; here it would only count as unhandled.
    writing.catch(() => {});
    startWriteback();
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
    await next();
    await writing;
  }

  return {
    fd: file.fd,
    write(piece) {
      pieces.push(piece);
      gathered += piece.byteLength;
      size += piece.byteLength;
      return gathered >= batchSize || pieces.length >= maxPieces ? next() : undefined;
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

async function writeAll(file: FileHandle, pieces: readonly Uint8Array[]): Promise<void> {
  let left = pieces;
  while (left.length > 0) {
    const { bytesWritten } = await file.writev(left);
    left = dropBytes(left, bytesWritten);
  }
}

function dropBytes(pieces: readonly Uint8Array[], count: number): Uint8Array[] {
  let skip = count;
  const left: Uint8Array[] = [];
  for (const piece of pieces) {
    if (skip < piece.byteLength) left.push(skip === 0 ? piece : piece.subarray(skip));
    skip = Math.max(0, skip - piece.byteLength);
  }
  return left;
}
