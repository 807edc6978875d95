import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { BlobStore } from '../blobs/blob-store.ts';
import { createDiskBlobStore } from '../blobs/disk-blob-store.ts';
import { LamellaError, systemErrorCode } from '../base/errors.ts';
import { openDatabase, type Database } from '../db/database.ts';
import { createLease, type Lease } from '../db/leases.ts';
import { migrations } from '../db/schema.ts';
import type { Collector } from '../images/collector.ts';
import { createImageStore, type ImageStore } from '../images/image-store.ts';
import type { LayerStore } from '../layers/store.ts';
import { once } from './once.ts';
import type { Settings } from './settings.ts';

/** One open store: what all parts of the engine stand on. Parts that most commands do not need load when first asked for. */
export interface Store extends Disposable {
  readonly settings: Settings;
  readonly db: Database;
  readonly blobs: BlobStore;
  readonly images: ImageStore;
  layers(): Promise<LayerStore>;
  collector(): Promise<Collector>;
  createLease(): Lease;
}

/** Opens the store at the settings' root, and makes it first where there is none. */
export function openStore(settings: Settings): Store {
  const { root } = settings;
  makeFolder(root);
  const db = openDatabase(join(root, 'lamella.db'), migrations);
  const blobs = createDiskBlobStore({ root, db });
  const layers = once(async () => (await import('../layers/store.ts')).createLayerStore({ root, db, blobs }));
  return {
    settings,
    db,
    blobs,
    images: createImageStore({ db, blobs }),
    layers,
    collector: once(async () => {
      const { createCollector, freeShareOf } = await import('../images/collector.ts');
      const freeShare = (): Promise<number> => freeShareOf(root);
      return createCollector({ db, layers: await layers(), blobs, now: Date.now, freeShare });
    }),
    createLease: () => createLease(db),
    [Symbol.dispose]: () => db.close(),
  };
}

/** For what would otherwise find out late, and say less. @throws LamellaError forbidden `store-not-writable` */
export function requireWritable({ db, settings }: Store): void {
  if (!db.isReadOnly) return;
  throw new LamellaError('forbidden', `the store is read-only: ${settings.root}`, {
    code: 'store-not-writable',
    hint: 'Run it as the user who owns the store, or choose another one with --root.',
  });
}

function makeFolder(root: string): void {
  try {
    mkdirSync(root, { recursive: true, mode: 0o700 });
  } catch (error) {
    const code = systemErrorCode(error);
    throw new LamellaError(
      code === 'EACCES' || code === 'EROFS' ? 'forbidden' : 'unavailable',
      `cannot make the store's folder ${root}: ${code}`,
      {
        code: 'store-not-writable',
        hint: 'Choose another one with --root or LAMELLA_ROOT.',
        cause: error,
      },
    );
  }
}
