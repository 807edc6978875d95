import type { Transform } from 'node:stream';
import type { ByteStream } from '../base/streams.ts';

/** One of Node's streams of `node:zlib`: `bytesWritten` is what its engine has taken of the input so far. */
export type ZlibStream = Transform & { readonly bytesWritten: number };

/** How far a codec is: the compressed bytes that what it gave so far was made of. */
export interface Progress {
  consumed: number;
}

/** Sizes that measured best for inflating on the thread pool while the main thread hashes and scans. */
export const zlibSizes: { readonly chunkSize: number; readonly readableHighWaterMark: number } = {
  chunkSize: 128 * 1024,
  readableHighWaterMark: 512 * 1024,
};

/**
 * Runs a stream through one of `node:zlib`, with back-pressure: at most a chunk being processed, the next one being
 * fetched, and half a MiB of output. The source is always closed before this ends.
 *
 * @param options.rest takes what follows the point at which the engine declared itself done, which may come in pieces
 */
export async function* throughZlib(
  source: ByteStream,
  engine: ZlibStream,
  options: { rest?: (bytes: Uint8Array) => void; progress?: Progress } = {},
): ByteStream {
  const { rest, progress } = options;
  const feeding = feed(source, engine, rest);
  // A failure of the source reaches the consumer through the engine; here it only must not count as unhandled.
  feeding.catch(() => {});
  try {
    for await (const piece of engine as AsyncIterable<Buffer>) {
      if (progress !== undefined) progress.consumed = engine.bytesWritten;
      yield piece;
    }
    await feeding;
  } finally {
    engine.destroy();
    await feeding.catch(() => {});
  }
}

async function feed(
  source: ByteStream,
  engine: ZlibStream,
  rest: ((bytes: Uint8Array) => void) | undefined,
): Promise<void> {
  const closed = new Promise<void>((resolve) => engine.once('close', resolve));
  const iterator = source[Symbol.asyncIterator]();
  let given = 0;
  let finished = false;
  let ended = false; // by itself, before the source was
  const next = async (): Promise<Uint8Array | undefined> => {
    try {
      const { value, done } = await iterator.next();
      if (done === true) finished = true;
      return done === true ? undefined : value;
    } catch (error) {
      finished = true;
      throw error;
    }
  };
  try {
    let coming = next();
    for (let chunk = await coming; chunk !== undefined; chunk = await coming) {
      if (ended) {
        rest?.(chunk);
        coming = next();
        continue;
      }
      given += chunk.byteLength;
      const taken = new Promise<void>((resolve) => engine.write(chunk, () => resolve()));
      coming = next();
      coming.catch(() => {}); // looked at in the next round, perhaps after the engine has failed
      await Promise.race([taken, closed]);
      if (engine.destroyed && !engine.readableEnded) return;
      const left = given - engine.bytesWritten;
      if (left === 0) continue;
      ended = true;
      rest?.(chunk.subarray(chunk.byteLength - left));
    }
    engine.end();
  } catch (error) {
    engine.destroy(error as Error);
    throw error;
  } finally {
    if (!finished) await iterator.return?.();
  }
}
