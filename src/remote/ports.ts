import type { BlobStore } from '../blobs/blob-store.ts';
import type { ImageStore } from '../images/image-store.ts';
import type { LayerStore } from '../layers/store.ts';
import type { RegistryClient } from './client/repository.ts';

/** What this room needs of the store to pull into it and push from it. */
export interface RemoteDeps {
  readonly client: RegistryClient;
  /** Folder of the store: what is free there is what a pull may take. */
  readonly root: string;
  /** Folder for downloads that are not complete: another process goes on with them. */
  readonly downloads: string;
  readonly layers: Pick<LayerStore, 'stage' | 'publishAll' | 'get' | 'has' | 'openTar' | 'tarPath'>;
  readonly blobs: Pick<BlobStore, 'stat' | 'has' | 'get' | 'read' | 'put' | 'putBytes' | 'adopt'>;
  readonly images: Pick<
    ImageStore,
    'add' | 'find' | 'list' | 'names' | 'config' | 'configBytes' | 'manifest' | 'get'
  >;
  /** Protects what is about to be named from the collector (db/leases.ts). */
  readonly createLease: () => ContentLease;
}

export interface ContentLease extends Disposable {
  add(...digests: readonly string[]): void;
}

/** How far one part has come, in Docker's words: `Pulling fs layer`, `Downloading`, `Mounted from library/ubuntu`, … */
interface RemoteProgress {
  /** The first 12 digits of the layer; '' speaks of the whole. */
  readonly id: string;
  readonly status: string;
  /** Bytes done and bytes in all, of the compressed layer while it travels. */
  readonly current?: number;
  readonly total?: number;
}

export interface RemoteOptions {
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((progress: RemoteProgress) => void) | undefined;
}
