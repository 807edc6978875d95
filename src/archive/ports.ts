import type { BlobStore } from '../blobs/blob-store.ts';
import type { ImageStore } from '../images/image-store.ts';
import type { LayerStore } from '../layers/store.ts';

/** What this room needs of the store. */
export interface ArchiveDeps {
  readonly layers: Pick<LayerStore, 'stage' | 'publishAll' | 'get' | 'has' | 'openTar'>;
  readonly blobs: Pick<BlobStore, 'stat' | 'has' | 'get' | 'read' | 'put'>;
  readonly images: Pick<ImageStore, 'add' | 'addAll' | 'find' | 'list' | 'configBytes' | 'manifest'>;
  /** Protects what is about to be named from the collector (db/leases.ts). */
  readonly createLease: () => ContentLease;
}

export interface ContentLease extends Disposable {
  add(...digests: readonly string[]): void;
}

/** How far one layer has come. */
export interface LayerProgress {
  /** The first 12 digits of the layer's diffID, or of its name in the archive. */
  readonly id: string;
  /** Docker's words. */
  readonly status: 'Loading layer' | 'Already exists' | 'Importing';
  /** Bytes of the uncompressed layer that have been taken. */
  readonly current: number;
  /** Bytes of the layer as it stands in the archive, where that is known. */
  readonly total?: number;
}

export interface ArchiveOptions {
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((progress: LayerProgress) => void) | undefined;
}
