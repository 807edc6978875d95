import type { ByteStream } from '../base/streams.ts';
import type { Digest } from '../oci/digest.ts';

/** A blob is bytes that are named by their digest: a manifest, an index, a config, a compressed layer. It never changes. */
export interface BlobInfo {
  readonly digest: Digest;
  /** bytes */
  readonly size: number;
  /** Milliseconds since 1970. */
  readonly createdAt: number;
}

/** What is known of a blob before it arrives, most often from a descriptor. */
export interface ExpectedBlob {
  readonly digest?: Digest;
  /** Bytes. Not one byte more than this is taken. */
  readonly size?: number;
  readonly signal?: AbortSignal | undefined;
}

/** Reading what a digest names. What comes out has that digest, or an error comes instead of its end. */
interface BlobReader {
  /** Whether it is here and, as far as is known, undamaged. What is not need only be stored again. */
  has(digest: Digest): boolean;
  /** Undefined where the store does not have it. */
  stat(digest: Digest): BlobInfo | undefined;
  /**
   * The bytes, checked while they flow: the consumer has them all, and they were the right ones, when the stream ends
   * without an error. Whoever must not act on wrong bytes waits for that end, or uses {@link read}.
   *
   * @throws LamellaError not-found `blob-unknown` at once; the stream: corrupt `blob-corrupt`
   */
  get(digest: Digest): Promise<ByteStream>;
  /**
   * All bytes, checked before any is given: for documents.
   *
   * @param limit most bytes, 4 MiB by default; a larger blob raises invalid `too-large`
   */
  read(digest: Digest, limit?: number): Promise<Buffer>;
  list(): BlobInfo[];
  /**
   * Reads it all, and remembers what was found: a damaged blob is one that the store does not have ({@link has}).
   *
   * @returns what is wrong with it, or undefined
   */
  verify(digest: Digest, options?: { signal?: AbortSignal | undefined }): Promise<string | undefined>;
}

/** Storing bytes. What was acknowledged survives a power cut. */
export interface BlobWriter {
  /**
   * @throws LamellaError invalid `digest-mismatch` or `size-mismatch`; nothing is stored then. A stream that is longer than
   *   expected is left after its first byte too many.
   */
  put(bytes: ByteStream, expected?: ExpectedBlob): Promise<BlobInfo>;
  putBytes(bytes: Uint8Array, expected?: ExpectedBlob): Promise<BlobInfo>;
  /**
   * Makes a file of the same file system that is complete, verified and synced into a blob: it moves.
   *
   * @param path of the file, gone afterwards
   */
  adopt(path: string, content: { readonly digest: Digest; readonly size: number }): Promise<BlobInfo>;
}

/**
 * Blobs by their digest.
 *
 *     const { digest, size } = await blobs.put(stream, { digest: descriptor.digest, size: descriptor.size });
 *     for await (const bytes of await blobs.get(digest)) …
 *
 * A blob is kept while something names it: removing is the collector's work (images/collector.ts), which deletes the
 * row of what nothing names and then calls {@link BlobStore.collect}. Hold a lease (db/leases.ts) on what you put until you
 * have named it.
 */
export interface BlobStore extends BlobReader, BlobWriter {
  /** Removes the content that no row names any more, and what processes that died have left unfinished. */
  collect(): Promise<Collected>;
}

export interface Collected {
  /** Bytes of the files that were removed. */
  readonly freed: number;
}

/** The most that {@link BlobReader.read} takes by default, in bytes: what registries take for a manifest. */
export const documentLimit: number = 4 << 20;
