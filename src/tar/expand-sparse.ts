import type { ByteStream } from '../base/streams.ts';
import type { TarEntry } from './entry.ts';
import { truncatedTar } from './tar-errors.ts';

const zeros = new Uint8Array(1 << 18);

/**
 * A file's content as a program would read it: the stored runs of a sparse file with zeros for its holes. Memory does not
 * grow with the holes: their zeros are the same piece over and over, which must not be written to. Content of other files
 * passes as it is.
 *
 * @param stored the member's stored content, as `readTar` gives it or read from a tar at `dataOffset`
 * @throws LamellaError corrupt `tar-truncated` if `stored` is shorter than the entry's `storedSize`
 */
export async function* expandSparse(
  entry: Pick<TarEntry, 'size' | 'sparse'>,
  stored: ByteStream,
): ByteStream {
  if (entry.sparse === undefined) {
    yield* stored;
    return;
  }
  const runs = entry.sparse;
  let index = 0;
  let position = 0;
  for await (const piece of stored) {
    let at = 0;
    while (at < piece.byteLength) {
      const run = runs[index];
      if (run === undefined) throw truncatedTar('a sparse file, whose map is shorter than its content');
      yield* holes(run.offset - position);
      position = Math.max(position, run.offset);
      const count = Math.min(piece.byteLength - at, run.offset + run.length - position);
      yield piece.subarray(at, at + count);
      at += count;
      position += count;
      if (position === run.offset + run.length) index += 1;
    }
  }
  if (index < runs.length) throw truncatedTar('a sparse file');
  yield* holes(entry.size - position);
}

function* holes(length: number): Generator<Uint8Array> {
  for (let left = length; left > 0; left -= zeros.byteLength) {
    yield left < zeros.byteLength ? zeros.subarray(0, left) : zeros;
  }
}
