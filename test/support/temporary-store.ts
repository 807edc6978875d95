import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ArchiveDeps } from '../../src/archive/ports.ts';
import type { BlobStore } from '../../src/blobs/blob-store.ts';
import { createDiskBlobStore } from '../../src/blobs/disk-blob-store.ts';
import { type Database, openDatabase } from '../../src/db/database.ts';
import { createLease } from '../../src/db/leases.ts';
import { migrations } from '../../src/db/schema.ts';
import { createImageStore, type ImageStore } from '../../src/images/image-store.ts';
import { createLayerStore, type LayerStore } from '../../src/layers/store.ts';

/** A whole store in a folder of its own, which goes with `await using`. */
export interface TemporaryStore extends ArchiveDeps, AsyncDisposable {
  readonly root: string;
  readonly db: Database;
  readonly blobs: BlobStore;
  readonly layers: LayerStore;
  readonly images: ImageStore;
}

export async function createTemporaryStore(): Promise<TemporaryStore> {
  const root = await mkdtemp(join(tmpdir(), 'lamella-store-'));
  const db = openDatabase(join(root, 'lamella.db'), migrations);
  const blobs = createDiskBlobStore({ root, db });
  return {
    root,
    db,
    blobs,
    layers: createLayerStore({ root, db, blobs }),
    images: createImageStore({ db, blobs }),
    createLease: () => createLease(db),
    async [Symbol.asyncDispose]() {
      db.close();
      await rm(root, { recursive: true, force: true });
    },
  };
}
