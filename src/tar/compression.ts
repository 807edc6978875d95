import { constants, createGunzip, createGzip, createZstdCompress, createZstdDecompress } from 'node:zlib';
import { LamellaError, systemErrorCode } from '../base/errors.ts';
import { type ByteStream, tap } from '../base/streams.ts';
import { decodeBzip2 } from './bzip2.ts';
import { corruptCompression, trailingGarbage, truncatedCompression } from './compression-errors.ts';
import { type Compression, detectCompression, detectionLength } from './detect-compression.ts';
import { type Block, fixedBlocks } from './fixed-blocks.ts';
import { gunzipWithIsal } from './isal/gunzip.ts';
import { findIsal, type Isal } from './isal/library.ts';
import { oneAhead } from './one-ahead.ts';
import { decodeXz } from './xz.ts';
import { type Progress, throughZlib, zlibSizes } from './zlib-stream.ts';
import { ZstdFrames } from './zstd-frames.ts';

export { type Compression, detectCompression } from './detect-compression.ts';

/** What keeps a small file from becoming an endless one. */
export interface DecompressLimits {
  /** Most bytes to give; no limit by default. */
  readonly maxBytes?: number;
  /**
   * Most bytes to give for each compressed byte, once more than `ratioFloor` have been given; 200 by default. Real root
   * file systems stay below 10. Deflate cannot go beyond 1032, zstd and xz can go to millions.
   */
  readonly maxRatio?: number;
  /** Up to so many bytes the ratio is not looked at, 1 GiB by default: a layer may well hold a few hundred MB of zeros. */
  readonly ratioFloor?: number;
  /** Most bytes of history that zstd or xz data may ask memory for; 128 MiB by default, as the zstd program has it. */
  readonly maxWindow?: number;
}

export interface DecompressOptions {
  /** By default told from the first bytes. */
  readonly compression?: Compression;
  readonly limits?: DecompressLimits;
  /** Use memory again, where that is faster: a piece is good only until two more have been asked for. */
  readonly lend?: boolean;
  /** What gzip is unpacked with: node:zlib where it is null. By default ISA-L, where it is on the machine and pays. */
  readonly isal?: Isal | null;
  readonly signal?: AbortSignal | undefined;
}

/**
 * The uncompressed bytes. Concatenated gzip members, bzip2 and xz streams and zstd frames count as one; zeros may follow
 * gzip and bzip2 data, as padding of tapes; anything else that follows is an error, as are an early end and wrong
 * checksums. Needs no program. Memory is bounded whatever the input; the consumer's pace sets the speed.
 *
 * @throws LamellaError corrupt `compression-truncated`, `compression-corrupt`, `compression-trailing-garbage`; invalid
 *   `compression-bomb`, `compression-window`, `too-large`; unsupported `compression-unsupported`; cancelled `cancelled`
 */
export async function* decompress(stream: ByteStream, options: DecompressOptions = {}): ByteStream {
  const { limits = {}, signal } = options;
  const { maxBytes = Infinity, maxRatio = 200, ratioFloor = 2 ** 30 } = limits;
  const [compression, source] =
    options.compression === undefined ? await detect(stream) : [options.compression, stream];
  const progress: Progress = { consumed: 0 };
  let given = 0;
  const window = limits.maxWindow ?? 2 ** 27;
  const content =
    compression === 'gzip'
      ? gunzip(source, progress, options)
      : decode(source, compression, progress, window);
  for await (const piece of content) {
    throwIfCancelled(signal);
    given += piece.byteLength;
    if (given > maxBytes) {
      throw new LamellaError('invalid', `content is larger than ${maxBytes} bytes`, { code: 'too-large' });
    }
    if (given > ratioFloor && compression !== 'none' && given > progress.consumed * maxRatio) {
      throw new LamellaError(
        'invalid',
        `${compression}: ${progress.consumed} bytes have become more than ${given}: refused as a decompression bomb`,
        { code: 'compression-bomb', hint: 'Decompress the file with its own program, and use the result.' },
      );
    }
    yield piece;
  }
}

export interface CompressOptions {
  /** 1–9 for gzip (6 by default), 1–22 for zstd (3 by default). */
  readonly level?: number;
  readonly signal?: AbortSignal | undefined;
}

/**
 * The compressed bytes: the same for the same content, level and version of Node.js. A gzip header names neither time, file nor system.
 *
 * @throws LamellaError cancelled `cancelled`
 */
export async function* compress(
  stream: ByteStream,
  compression: 'gzip' | 'zstd',
  options: CompressOptions = {},
): ByteStream {
  const { level, signal } = options;
  let position = 0;
  for await (const piece of throughZlib(stream, createCompressor(compression, level))) {
    throwIfCancelled(signal);
    if (compression === 'gzip' && position <= osOffset && position + piece.byteLength > osOffset) {
      piece[osOffset - position] = osUnknown;
    }
    position += piece.byteLength;
    yield piece;
  }
}

/** RFC 1952, section 2.3: the byte that names the system which compressed, and "unknown". */
const osOffset = 9;
const osUnknown = 255;

function createCompressor(
  compression: 'gzip' | 'zstd',
  level: number | undefined,
): ReturnType<typeof createGzip> {
  if (compression === 'gzip') return createGzip({ ...zlibSizes, level: level ?? 6 });
  return createZstdCompress({
    ...zlibSizes,
    params: { [constants.ZSTD_c_compressionLevel]: level ?? 3, [constants.ZSTD_c_checksumFlag]: 1 },
  });
}

function decode(
  source: ByteStream,
  compression: Exclude<Compression, 'gzip'>,
  progress: Progress,
  maxWindow: number,
): ByteStream {
  if (compression === 'zstd') return unzstd(source, progress, maxWindow);
  if (compression === 'bzip2') return decodeBzip2(source, progress);
  if (compression === 'xz') return decodeXz(source, progress, maxWindow);
  return source;
}

/** Compressed bytes that ISA-L is given at once; what is smaller as a whole is not worth loading it. */
const isalInput = 256 << 10;

async function* gunzip(
  source: ByteStream,
  progress: Progress,
  { isal, lend = false }: DecompressOptions,
): ByteStream {
  if (isal === null) {
    yield* gunzipWithZlib(source, progress);
    return;
  }
  const blocks = oneAhead(fixedBlocks(source, isalInput));
  try {
    const { value: first } = await blocks.next();
    if (first === undefined) throw truncatedCompression('gzip');
    const library: Isal | undefined = isal ?? (first.isLast ? undefined : findIsal().isal);
    const all = resume([first], blocks);
    if (library !== undefined) yield* gunzipWithIsal(all, library, { progress, lend });
    else yield* gunzipWithZlib(bytesOf(all), progress);
  } finally {
    await blocks.return(undefined);
  }
}

async function* bytesOf(blocks: AsyncIterable<Block>): ByteStream {
  for await (const { bytes } of blocks) yield bytes;
}

async function* gunzipWithZlib(source: ByteStream, progress: Progress): ByteStream {
  const rest = (bytes: Uint8Array): void => {
    if (bytes.some((byte) => byte !== 0)) throw trailingGarbage('gzip');
  };
  try {
    yield* throughZlib(source, createGunzip(zlibSizes), { rest, progress });
  } catch (error) {
    throw translated('gzip', error);
  }
}

async function* unzstd(source: ByteStream, progress: Progress, maxWindow: number): ByteStream {
  const frames = new ZstdFrames(maxWindow);
  const windowLog = Math.min(31, Math.max(10, Math.ceil(Math.log2(maxWindow))));
  const engine = createZstdDecompress({
    ...zlibSizes,
    params: { [constants.ZSTD_d_windowLogMax]: windowLog },
  });
  try {
    yield* throughZlib(
      tap(source, (chunk) => frames.write(chunk)),
      engine,
      { progress },
    );
    frames.end();
  } catch (error) {
    throw translated('zstd', error);
  }
}

/** Errors of node:zlib by what they mean; all others as they are. */
function translated(format: string, error: unknown): unknown {
  const code = systemErrorCode(error);
  if (code === 'Z_BUF_ERROR') return truncatedCompression(format);
  const isData =
    code === 'Z_DATA_ERROR' || code === 'Z_NEED_DICT' || code?.startsWith('ZSTD_error_') === true;
  return isData && error instanceof Error ? corruptCompression(format, error.message, error) : error;
}

async function detect(stream: ByteStream): Promise<[Compression, ByteStream]> {
  const iterator = stream[Symbol.asyncIterator]();
  const head: Uint8Array[] = [];
  let length = 0;
  while (length < detectionLength) {
    const { value, done } = await iterator.next();
    if (done === true) break;
    head.push(value);
    length += value.byteLength;
  }
  return [detectCompression(Buffer.concat(head)), resume(head, iterator)];
}

/** A stream whose first pieces have been taken already. */
async function* resume<T>(head: readonly T[], iterator: AsyncIterator<T>): AsyncGenerator<T> {
  let finished = false;
  try {
    yield* head;
    for (;;) {
      const { value, done } = await iterator.next();
      finished = done === true;
      if (finished) return;
      yield value;
    }
  } finally {
    if (!finished) await iterator.return?.();
  }
}

function throwIfCancelled(signal: AbortSignal | undefined): void {
  if (signal?.aborted !== true) return;
  throw new LamellaError('cancelled', 'the operation was cancelled', {
    code: 'cancelled',
    cause: signal.reason,
  });
}
