import type { FileHandle } from 'node:fs/promises';
import { LamellaError } from './errors.ts';

/** Bytes on their way: the form in which content flows inside Lamella. */
export type ByteStream = AsyncIterable<Uint8Array>;

/** The bytes at hand, as a stream. */
export async function* streamOf(...pieces: readonly Uint8Array[]): ByteStream {
  yield* pieces;
}

const readSize = 1 << 20;
const lentBuffers = 3;

/**
 * The bytes of an open file from `start`, `length` of them or until its end, in pieces of up to 1 MiB. Each piece is a
 * buffer of its own, which the consumer may keep; with `lend` it is good only until two more have been asked
 * for, which saves much: fresh memory for each piece costs several times what reading does.
 */
export async function* readChunks(
  file: FileHandle,
  { start = 0, length = Infinity, lend = false }: { start?: number; length?: number; lend?: boolean } = {},
): ByteStream {
  let position = start;
  let left = length;
  const lent: Buffer[] = [];
  while (left > 0) {
    const size = Math.min(readSize, left);
    const used = lent.length < lentBuffers ? undefined : lent.shift();
    const buffer: Buffer = used?.byteLength === size ? used : Buffer.allocUnsafeSlow(size);
    if (lend) lent.push(buffer);
    const { bytesRead } = await file.read(buffer, 0, buffer.byteLength, position);
    if (bytesRead === 0) return;
    position += bytesRead;
    left -= bytesRead;
    yield bytesRead === buffer.byteLength ? buffer : buffer.subarray(0, bytesRead);
  }
}

/**
 * All bytes of a stream in one piece.
 *
 * @param limit most bytes to take; more raise LamellaError invalid `too-large`
 */
export async function collectBytes(stream: ByteStream, limit: number): Promise<Buffer> {
  const pieces: Uint8Array[] = [];
  let size = 0;
  for await (const piece of stream) {
    size += piece.byteLength;
    if (size > limit) {
      throw new LamellaError('invalid', `content is larger than ${limit} bytes`, { code: 'too-large' });
    }
    pieces.push(piece);
  }
  return Buffer.concat(pieces, size);
}

/** The stream itself, with `see` called on each piece as it passes. */
export async function* tap(stream: ByteStream, see: (bytes: Uint8Array) => void): ByteStream {
  for await (const piece of stream) {
    see(piece);
    yield piece;
  }
}
