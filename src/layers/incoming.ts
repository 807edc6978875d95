import { LamellaError } from '../base/errors.ts';
import type { ByteStream } from '../base/streams.ts';
import type { BlobInfo, BlobWriter, ExpectedBlob } from '../blobs/blob-store.ts';
import { IncomingCheck } from '../blobs/verified-stream.ts';
import { detectCompression, type Compression } from '../tar/compression.ts';
import { tee } from './tee.ts';

/** Bytes that tell every compression apart. */
const headSize = 6;

/** Compressed bytes on their way in. Disposing of them ends their source, and what was kept of them unless all was well. */
export interface Incoming extends AsyncDisposable {
  readonly compression: Compression;
  readonly bytes: ByteStream;
  /**
   * Takes what is left of the bytes and says what they were. Where they are kept, they are a blob of the store by now.
   *
   * @param tar what came out of them, which is the same thing where they were not compressed
   * @throws LamellaError invalid `digest-mismatch`, `size-mismatch`
   */
  finish(tar: BytesInfo): Promise<BytesInfo>;
}

type BytesInfo = Pick<BlobInfo, 'digest' | 'size'>;

export interface IncomingOptions {
  readonly compression?: Compression;
  readonly expected?: ExpectedBlob;
  /** Where to keep the bytes as a blob; uncompressed ones never are, since the layer itself is those bytes. */
  readonly keepIn?: BlobWriter;
}

export async function openIncoming(source: ByteStream, options: IncomingOptions): Promise<Incoming> {
  const reader = source[Symbol.asyncIterator]();
  const head = await readHead(reader);
  const compression = options.compression ?? detectCompression(head);
  const whole = continued(head, reader);
  const expected = options.expected ?? {};
  if (compression === 'none') return { compression, ...passing(whole, expected) };
  if (options.keepIn === undefined) return { compression, ...checking(whole, expected) };
  return { compression, ...keeping(whole, expected, options.keepIn) };
}

/** Whoever reads these bytes hashes them anyway. */
function passing(
  bytes: AsyncGenerator<Uint8Array>,
  { digest, size }: ExpectedBlob,
): Omit<Incoming, 'compression'> {
  return {
    bytes,
    async finish(tar) {
      if (size !== undefined && tar.size !== size) {
        throw mismatch('size', `${size} bytes`, String(tar.size));
      }
      if (digest !== undefined && tar.digest !== digest) throw mismatch('digest', digest, tar.digest);
      return tar;
    },
    [Symbol.asyncDispose]: () => end(bytes),
  };
}

function mismatch(what: 'digest' | 'size', expected: string, found: string): LamellaError {
  return new LamellaError('invalid', `${what} mismatch: expected ${expected}, got ${found}`, {
    code: `${what}-mismatch`,
  });
}

function checking(source: AsyncGenerator<Uint8Array>, expected: ExpectedBlob): Omit<Incoming, 'compression'> {
  const check = new IncomingCheck(expected);
  const bytes = checked(source, check);
  return {
    bytes: unending(bytes),
    async finish() {
      await drain(bytes);
      return check.finish();
    },
    [Symbol.asyncDispose]: () => end(bytes),
  };
}

async function* checked(source: ByteStream, check: IncomingCheck): AsyncGenerator<Uint8Array> {
  for await (const piece of source) {
    check.update(piece);
    yield piece;
  }
}

function keeping(
  source: AsyncGenerator<Uint8Array>,
  expected: ExpectedBlob,
  keepIn: BlobWriter,
): Omit<Incoming, 'compression'> {
  const { main, copy, drop, abandon } = tee(source);
  const bytes = main[Symbol.asyncIterator]() as AsyncGenerator<Uint8Array>;
  const kept = keepIn.put(copy, expected);
  kept.catch(drop);
  return {
    bytes: unending(bytes),
    async finish() {
      await drain(bytes);
      const { digest, size } = await kept;
      return { digest, size };
    },
    async [Symbol.asyncDispose]() {
      abandon();
      await Promise.allSettled([end(bytes), kept]);
    },
  };
}

async function end(bytes: AsyncGenerator<Uint8Array>): Promise<void> {
  await bytes.return(undefined);
}

/** The stream, without ending it when its reader leaves early: a decompressor stops where its data end. */
function unending(bytes: AsyncGenerator<Uint8Array>): ByteStream {
  return { [Symbol.asyncIterator]: () => ({ next: () => bytes.next() }) };
}

async function drain(bytes: AsyncGenerator<Uint8Array>): Promise<void> {
  while ((await bytes.next()).done !== true);
}

async function readHead(reader: AsyncIterator<Uint8Array>): Promise<Buffer> {
  const pieces: Uint8Array[] = [];
  let size = 0;
  while (size < headSize) {
    const next = await reader.next();
    if (next.done === true) break;
    pieces.push(next.value);
    size += next.value.byteLength;
  }
  return Buffer.concat(pieces);
}

async function* continued(head: Uint8Array, reader: AsyncIterator<Uint8Array>): AsyncGenerator<Uint8Array> {
  try {
    if (head.byteLength > 0) yield head;
    for (let next = await reader.next(); next.done !== true; next = await reader.next()) yield next.value;
  } finally {
    await reader.return?.();
  }
}
