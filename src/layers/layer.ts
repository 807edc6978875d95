import type { ByteString } from '../base/byte-string.ts';
import type { Digest } from '../oci/digest.ts';
import type { Compression } from '../tar/compression.ts';

/** A layer of the store: complete, verified and durable. */
export interface Layer {
  /** Digest of the uncompressed tar (OCI image-spec, config.md, "Layer DiffID"). */
  readonly diffId: Digest;
  /** Bytes of the tar. */
  readonly tarSize: number;
  /** Bytes of the EROFS index. */
  readonly indexSize: number;
  /** Bytes of all regular files, each hard-linked one once, and of link targets: what Docker calls a layer's size. */
  readonly contentSize: number;
  /** Inodes. */
  readonly entries: number;
  /** Milliseconds since 1970. */
  readonly createdAt: number;
}

/** The compressed form in which a layer arrived. */
interface LayerBlob {
  readonly digest: Digest;
  readonly size: number;
  readonly compression: Compression;
}

/**
 * A layer that is complete, verified and synced, but has no name yet. Publishing it ends its staging; otherwise disposing
 * of it removes its files, and so does the next collection where the process died.
 */
export interface StagedLayer extends AsyncDisposable {
  readonly diffId: Digest;
  readonly tarSize: number;
  readonly indexSize: number;
  readonly contentSize: number;
  readonly entries: number;
  /** The bytes as they came: those of the tar itself where they were not compressed. */
  readonly blob: LayerBlob;
  /** Where its files are: the store's own business. */
  readonly folder: string;
}

/** What of a layer is damaged. */
type DamagedPart = 'tar' | 'index' | 'sums' | 'tree';

export interface LayerDamage {
  readonly diffId: Digest;
  readonly part: DamagedPart;
  /** The file in the layer that is hit; undefined where it is not the content or description of one file. */
  readonly path?: ByteString;
  /** What is wrong, for people. */
  readonly reason: string;
}
