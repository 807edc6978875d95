import { type FileHandle, open, readFile, rename, rm, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { syncDirectory, unlessMissing, writeFully } from '../../base/files.ts';
import type { ByteStream } from '../../base/streams.ts';
import { createBufferRing } from '../../layers/buffer-ring.ts';
import { ChunkRecord } from './chunk-record.ts';

/** Where a blob lies while it is not one yet. */
export interface DownloadPaths {
  /** Bytes as they come, with holes. */
  readonly part: string;
  /** Which of them are here. */
  readonly record: string;
  /** All of them, verified and synced. */
  readonly verified: string;
}

const readSize = 1 << 20;

/**
 * A blob that arrives: several may write parts of it in any order while one reads it from its start. What has arrived
 * outlives the process. Only who holds the download's lock opens it.
 */
export interface PartialBlob extends AsyncDisposable {
  readonly size: number;
  readonly record: ChunkRecord;
  write(bytes: Uint8Array, position: number): Promise<void>;
  /** All bytes in order, each as soon as it is here. A piece is good only until three more have been asked for. */
  read(): ByteStream;
  /** Ends {@link read} with an error once it has come to what is missing. */
  fail(error: unknown): void;
  /** For a blob that was read and found right: it gets its final name here, durably. */
  finish(): Promise<void>;
  /** For one that was wrong: nothing is kept of it. */
  discard(): Promise<void>;
}

export async function openPartialBlob(paths: DownloadPaths, size: number): Promise<PartialBlob> {
  const whole = await reopenVerified(paths, size);
  if (whole === undefined) await leaveToBlob(paths.part);
  const saved = whole ?? (await unlessMissing(readFile(paths.record)));
  const content = await open(paths.part, saved === undefined ? 'w+' : 'r+').catch(() =>
    open(paths.part, 'w+'),
  );
  const stored = await content.stat();
  // A record without a file, or beside one of another blob's size, is worth nothing.
  const record = new ChunkRecord(size, stored.size > 0 && stored.size <= size ? saved : undefined);
  const notes = await open(paths.record, 'w');
  await writeFully(notes, record.bytes, 0);
  let failure: { error: unknown } | undefined;
  let wake = Promise.withResolvers<void>();
  const changed = (): void => {
    wake.resolve();
    wake = Promise.withResolvers();
  };

  async function* read(): ByteStream {
    const ring = createBufferRing(readSize, 4, { lend: true });
    for (let position = 0; position < size;) {
      const available = record.frontier - position;
      if (available > 0) {
        const piece = await readSome(content, ring.next(), position, available);
        position += piece.byteLength;
        yield piece;
      } else if (failure === undefined) await wake.promise;
      else throw failure.error;
    }
  }

  return {
    size,
    record,
    async write(bytes, position) {
      await writeFully(content, bytes, position);
      const noted = record.add({ start: position, end: position + bytes.byteLength });
      await writeFully(notes, record.bytes.subarray(noted.start, noted.end), noted.start);
      changed();
    },
    read,
    fail(error) {
      failure ??= { error };
      changed();
    },
    async finish() {
      await content.datasync();
      await rename(paths.part, paths.verified);
      await syncDirectory(dirname(paths.verified));
      await rm(paths.record, { force: true });
    },
    async discard() {
      await Promise.all([rm(paths.part, { force: true }), rm(paths.record, { force: true })]);
    },
    async [Symbol.asyncDispose]() {
      await Promise.all([content.close(), notes.close()]);
    },
  };
}

/**
 * A blob that was complete when its pull died is read again, not fetched again.
 *
 * @returns the record of it, if there is one
 */
async function reopenVerified(paths: DownloadPaths, size: number): Promise<Buffer | undefined> {
  const stored = await unlessMissing(stat(paths.verified));
  if (stored?.size !== size) return undefined;
  const record = new ChunkRecord(size);
  record.add({ start: 0, end: size });
  await rename(paths.verified, paths.part);
  return record.bytes;
}

/** A file that a blob of the store has become, too, must not be written to: it is given up here. */
async function leaveToBlob(path: string): Promise<void> {
  if (((await unlessMissing(stat(path)))?.nlink ?? 1) > 1) await rm(path);
}

async function readSome(
  file: FileHandle,
  buffer: Buffer,
  position: number,
  available: number,
): Promise<Buffer> {
  const { bytesRead } = await file.read(buffer, 0, Math.min(buffer.byteLength, available), position);
  if (bytesRead === 0) throw new Error('a download is shorter than its record says');
  return buffer.subarray(0, bytesRead);
}
