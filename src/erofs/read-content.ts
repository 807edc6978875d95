import { corruptIndex } from './corrupt-index.ts';
import type { ErofsInode, ErofsReader } from './reader.ts';

export interface ContentOptions {
  /** Bytes of the layer's tar. */
  readonly readTar: (offset: number, length: number) => Uint8Array | Promise<Uint8Array>;
  /** First byte wanted; 0 by default. */
  readonly start?: number;
  /** Bytes wanted; to the end by default. */
  readonly length?: number;
  readonly signal?: AbortSignal | undefined;
}

const pieceSize = 1 << 20;

/**
 * A file's content in pieces of up to 1 MiB, holes as zeros.
 *
 * @throws LamellaError corrupt `tar-truncated` where the tar is shorter than its index says
 */
export async function* readContent(
  reader: ErofsReader,
  inode: ErofsInode,
  { readTar, start = 0, length = Infinity, signal }: ContentOptions,
): AsyncGenerator<Uint8Array> {
  const end = Math.min(inode.size, start + length);
  for (const extent of reader.extents(inode)) {
    const from = Math.max(extent.offset, start);
    const to = Math.min(extent.offset + extent.length, end);
    for (let position = from; position < to; position += pieceSize) {
      signal?.throwIfAborted();
      const size = Math.min(pieceSize, to - position);
      const at = extent.at + position - extent.offset;
      if (extent.from === 'hole') yield new Uint8Array(size);
      else if (extent.from === 'index') yield reader.readIndex(at, size);
      else {
        const bytes = await readTar(at, size);
        if (bytes.length !== size) throw corruptIndex('tar-truncated', 'the tar is shorter than it says');
        yield bytes;
      }
    }
  }
}
