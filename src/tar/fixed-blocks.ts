import type { ByteStream } from '../base/streams.ts';

/** A part of a stream, in memory of its own until it is released. */
export interface Block {
  readonly bytes: Buffer;
  readonly isLast: boolean;
  /** Gives the memory back for a block to come. */
  readonly release: () => void;
}

/**
 * Cuts a stream into blocks of `size` bytes. The last one is what remains: smaller, and empty only where all is.
 *
 * @param stream a piece need be good only until the next one is asked for
 */
export async function* fixedBlocks(stream: ByteStream, size: number): AsyncGenerator<Block> {
  const free: Buffer[] = [];
  let buffer: Buffer = Buffer.allocUnsafeSlow(size);
  let filled = 0;
  const block = (isLast: boolean): Block => {
    const whole = buffer;
    return { bytes: whole.subarray(0, filled), isLast, release: () => void free.push(whole) };
  };
  for await (const piece of stream) {
    for (let taken = 0; taken < piece.byteLength;) {
      if (filled === size) {
        yield block(false);
        buffer = free.pop() ?? Buffer.allocUnsafeSlow(size);
        filled = 0;
      }
      const length = Math.min(size - filled, piece.byteLength - taken);
      buffer.set(piece.subarray(taken, taken + length), filled);
      filled += length;
      taken += length;
    }
  }
  yield block(true);
}
