import { closeSync, fstatSync, openSync, read } from 'node:fs';
import { promisify } from 'node:util';
import type { ByteStream } from '../base/streams.ts';
import { readContent } from '../erofs/read-content.ts';
import { ErofsReader, type ErofsInode } from '../erofs/reader.ts';
import { readAt } from './read-at.ts';
import type { LayerPaths } from './layer-paths.ts';

/** A layer that can be looked into. Holds two descriptors until disposed of. */
export interface OpenLayer extends Disposable {
  readonly index: ErofsReader;
  /** Bytes of a regular file, holes as zeros. */
  content(
    inode: ErofsInode,
    options?: { start?: number; length?: number; signal?: AbortSignal | undefined },
  ): ByteStream;
  /** Bytes of the tar, at once: for small reads. */
  readTar(offset: number, length: number): Uint8Array;
}

const readAsync = promisify(read);

export function openLayer(paths: Pick<LayerPaths, 'index' | 'tar'>): OpenLayer {
  using opened = new DisposableStack();
  const index = opened.adopt(openSync(paths.index, 'r'), closeSync);
  const tar = opened.adopt(openSync(paths.tar, 'r'), closeSync);
  const reader = new ErofsReader({
    size: fstatSync(index).size,
    read: (offset, length) => readAt(index, offset, length),
  });
  const open = opened.move();
  return {
    index: reader,
    readTar: (offset, length) => readAt(tar, offset, length),
    content: (inode, options = {}) =>
      readContent(reader, inode, {
        ...options,
        async readTar(offset, length) {
          const buffer = Buffer.allocUnsafeSlow(length);
          const { bytesRead } = await readAsync(tar, buffer, 0, length, offset);
          return buffer.subarray(0, bytesRead);
        },
      }),
    [Symbol.dispose]: () => open.dispose(),
  };
}
