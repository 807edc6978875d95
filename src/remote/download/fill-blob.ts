import { setTimeout as delay } from 'node:timers/promises';
import { forEachAtOnce } from '../../base/for-each-at-once.ts';
import { isLamellaError, LamellaError } from '../../base/errors.ts';
import { translateFullDisk } from '../../blobs/full-disk.ts';
import type { RemoteBlob } from '../client/repository.ts';
import type { ByteRange } from './chunk-record.ts';
import type { PartialBlob } from './partial-blob.ts';

export interface FillOptions {
  /** Asks a server for bytes of the blob. */
  readonly fetch: (range: ByteRange, signal: AbortSignal) => Promise<RemoteBlob>;
  readonly signal: AbortSignal;
  /** Told how many bytes of the blob are here. */
  readonly onProgress?: (received: number) => void;
}

/** Blobs of at least this many bytes are asked for in several ranges at once. */
const largeBlob = 32 << 20;
const rangesAtOnce = 3;
/** Chunks that one request asks for while several run; a server that is asked less often answers faster. */
const chunksPerRequest = 4;
/** Bytes that are gathered before they are written. */
const writeSize = 512 << 10;
/** Requests in a row that bring not one byte before a download is given up. */
const mostFruitless = 6;

/**
 * Gets what a partial blob lacks: several ranges at once of a large one, and again from where it stands whenever a
 * connection breaks, as long as that brings anything.
 *
 * @returns what the bytes came in, to be rejected where they are wrong
 * @throws what the last request failed with
 */
export async function fillBlob(blob: PartialBlob, options: FillOptions): Promise<Set<RemoteBlob>> {
  const { record, size } = blob;
  const sources = new Set<RemoteBlob>();
  const filling: Filling = { blob, options, sources, wholeBy: undefined, knowsNoRanges: false };
  const workers = size - record.received >= largeBlob ? rangesAtOnce : 1;
  const chunks = workers === 1 ? Infinity : chunksPerRequest;
  try {
    await forEachAtOnce(Array.from({ length: workers }), (_, signal) => work({ filling, signal }, chunks), {
      atOnce: workers,
      signal: options.signal,
    });
  } finally {
    options.signal.throwIfAborted();
  }
  return sources;
}

interface Filling {
  readonly blob: PartialBlob;
  readonly options: FillOptions;
  readonly sources: Set<RemoteBlob>;
  /** The answer of a server that knows no ranges: it brings everything, and the others stop. */
  wholeBy: RemoteBlob | undefined;
  /** Set once a server has answered so: from then on one request asks for all that is missing. */
  knowsNoRanges: boolean;
}

/** One of those that fill a blob. */
interface Worker {
  readonly filling: Filling;
  readonly signal: AbortSignal;
}

async function work(worker: Worker, chunks: number): Promise<void> {
  const { filling, signal } = worker;
  const { record } = filling.blob;
  let fruitless = 0;
  for (;;) {
    signal.throwIfAborted();
    const range =
      filling.wholeBy === undefined ? record.claim(filling.knowsNoRanges ? Infinity : chunks) : undefined;
    if (range === undefined) return;
    const before = record.received;
    try {
      await fetchRange(worker, range);
      fruitless = record.received > before ? 0 : fruitless + 1;
      if (fruitless >= mostFruitless) throw nothingComes();
    } catch (error) {
      signal.throwIfAborted();
      const translated = translateFullDisk(error, 'downloads');
      if (translated !== error) throw translated;
      fruitless = record.received > before ? 0 : fruitless + 1;
      if (!mayPass(error) || fruitless >= mostFruitless) throw error;
      await delay(100 * 2 ** fruitless * (0.5 + Math.random()), undefined, { signal });
    } finally {
      record.release(range);
    }
  }
}

async function fetchRange({ filling, signal }: Worker, range: ByteRange): Promise<void> {
  const { blob, options, sources } = filling;
  const remote = await options.fetch(range, signal);
  sources.add(remote);
  let position = remote.start;
  const isWhole = (): boolean => filling.wholeBy === remote;
  if (position !== range.start && !takeWhole(filling, remote)) return;
  // The same memory again and again: to get it fresh takes several times what copying does.
  const batch = Buffer.allocUnsafeSlow(writeSize);
  let used = 0;
  const flush = async (): Promise<void> => {
    if (used === 0) return;
    const bytes = batch.subarray(0, used);
    used = 0;
    await blob.write(bytes, position);
    position += bytes.byteLength;
    options.onProgress?.(blob.record.received);
  };
  const gather = async (piece: Uint8Array): Promise<void> => {
    for (let at = 0; at < piece.byteLength;) {
      const part = piece.subarray(at, at + writeSize - used);
      batch.set(part, used);
      used += part.byteLength;
      at += part.byteLength;
      if (used === writeSize) await flush();
    }
  };
  try {
    for await (const piece of remote.bytes) {
      signal.throwIfAborted();
      if (!isWhole() && filling.wholeBy !== undefined) return;
      const room = range.end - position - used;
      // More than was asked for: this server sends everything, whatever the range.
      const useful =
        piece.byteLength > room && !isWhole() && !takeWhole(filling, remote) ? room : piece.byteLength;
      await gather(piece.subarray(0, useful));
      if (useful < piece.byteLength) break;
    }
  } finally {
    if (isWhole()) filling.wholeBy = undefined;
    await flush();
  }
}

/** One answer may bring everything; whoever comes second leaves it to the first. */
function takeWhole(filling: Filling, remote: RemoteBlob): boolean {
  filling.knowsNoRanges = true;
  filling.wholeBy ??= remote;
  return filling.wholeBy === remote;
}

/** Whether asking again may help. The client has asked other servers by then, and waited where it was told to. */
function mayPass(error: unknown): boolean {
  return !(error instanceof LamellaError) || isLamellaError(error, 'unavailable');
}

function nothingComes(): LamellaError {
  return new LamellaError('unavailable', 'unexpected EOF: the registry sends nothing', {
    code: 'registry-unavailable',
    hint: 'What has come is kept: pull again to go on.',
  });
}
