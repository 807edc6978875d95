import {
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  renameSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { isLamellaError } from '../../src/base/errors.ts';
import { removeTree } from '../../src/base/files.ts';
import type { BlobStore } from '../../src/blobs/blob-store.ts';
import { createDiskBlobStore } from '../../src/blobs/disk-blob-store.ts';
import { createIngest, trashPath } from '../../src/blobs/ingest.ts';
import { type Database, openDatabase } from '../../src/db/database.ts';
import { createLease } from '../../src/db/leases.ts';
import { migrations } from '../../src/db/schema.ts';
import { type Collector, type ContentRemover, createCollector } from '../../src/images/collector.ts';
import { createImageStore, type ImageStore } from '../../src/images/image-store.ts';
import { type Digest, digestHex } from '../../src/oci/digest.ts';
import { formatImageConfig } from '../../src/oci/image-config.ts';
import { parseReference } from '../../src/oci/reference.ts';
import { insertLayer, layerDigest } from './images.ts';

/** A whole store on disk, its layers being a directory with one small file: published and removed as real ones are. */
export interface HammerStore extends Disposable {
  readonly root: string;
  readonly db: Database;
  readonly blobs: BlobStore;
  readonly images: ImageStore;
  readonly collector: Collector;
  add(recipe: number): Promise<void>;
}

export function openHammerStore(root: string): HammerStore {
  const db = openDatabase(join(root, 'lamella.db'), migrations);
  const blobs = createDiskBlobStore({ root, db });
  const images = createImageStore({ db, blobs });
  const layers: ContentRemover = { collect: () => collectLayers(root, db) };
  const collector = createCollector({ db, layers, blobs, now: Date.now, freeShare: async () => 0.5 });
  const store = { root, db, blobs, images, collector, [Symbol.dispose]: () => db.close() };
  return { ...store, add: (recipe) => addRecipe(store, recipe) };
}

/** Of 60 recipes many share layers: 3 bottoms, 4 middles, and a top of their own. */
async function addRecipe(
  { root, db, images }: Omit<HammerStore, 'add' | typeof Symbol.dispose>,
  recipe: number,
): Promise<void> {
  const texts = [`bottom ${recipe % 3}`, `middle ${recipe % 4}`, `top ${recipe}`];
  using lease = createLease(db);
  for (const text of texts) {
    lease.add(layerDigest(text));
    if (db.get('SELECT 1 FROM layers WHERE diff_id = ?', layerDigest(text)) === undefined) {
      await publishLayer(root, db, text);
    }
  }
  // Time for a collector to take what the lease alone holds.
  await sleep(Math.random() * 30);
  const config = formatImageConfig({
    os: 'linux',
    architecture: 'amd64',
    created: `2026-01-01T00:00:${String(recipe).padStart(2, '0')}Z`,
    diffIds: texts.map(layerDigest),
  });
  const manifest = { bytes: Buffer.from(`manifest ${recipe}`), mediaType: 'application/json' };
  await images.add({ config, manifest, names: [parseReference(`hammer:${recipe % 5}`)] }, 'load');
}

async function publishLayer(root: string, db: Database, text: string): Promise<void> {
  await using ingest = await createIngest(root);
  const staged = join(ingest.path, 'layer');
  mkdirSync(staged);
  writeFileSync(join(staged, 'tar'), text);
  const final = join(root, 'layers', digestHex(layerDigest(text)));
  mkdirSync(join(root, 'layers'), { recursive: true });
  db.transaction(() => {
    if (existsSync(final)) renameSync(final, trashPath(root));
    renameSync(staged, final);
    const folder = openSync(join(root, 'layers'), 'r');
    fsyncSync(folder);
    closeSync(folder);
    insertLayer(db, text);
  });
}

async function collectLayers(root: string, db: Database): Promise<{ freed: number }> {
  const folder = join(root, 'layers');
  if (!existsSync(folder)) return { freed: 0 };
  for (const hex of readdirSync(folder)) {
    const trash = trashPath(root);
    const moved = db.transaction(() => {
      if (db.get('SELECT 1 FROM layers WHERE diff_id = ?', `sha256:${hex}`) !== undefined) return false;
      if (!existsSync(join(folder, hex))) return false;
      renameSync(join(folder, hex), trash);
      return true;
    });
    if (moved) await removeTree(trash);
  }
  return { freed: 0 };
}

/**
 * What is named and not there, looked at under the write lock: nothing may be, at any instant. Images that were removed and
 * can be restored count as named.
 */
export function lostContent({ root, db }: Pick<HammerStore, 'root' | 'db'>): string[] {
  return db.transaction(() => {
    const blobs = db.all<{ digest: Digest }>('SELECT digest FROM blobs');
    const layers = db.all<{ digest: Digest }>('SELECT diff_id AS digest FROM layers');
    const needed = db.all<{ digest: Digest }>(
      `SELECT id AS digest FROM images WHERE id NOT IN (SELECT digest FROM blobs)
       UNION ALL SELECT digest FROM image_manifests WHERE digest NOT IN (SELECT digest FROM blobs)
       UNION ALL SELECT image_id FROM tags JOIN images ON id = image_id WHERE removed_at IS NOT NULL
       UNION ALL SELECT id FROM images WHERE 3 <> (SELECT count(*) FROM image_layers WHERE image_id = id)`,
    );
    return [
      ...blobs.filter(({ digest }) => !existsSync(join(root, 'blobs', 'sha256', digestHex(digest)))),
      ...layers.filter(({ digest }) => !existsSync(join(root, 'layers', digestHex(digest), 'tar'))),
      ...needed,
    ].map(({ digest }) => digest);
  });
}

/** Does as it likes with the store for so many milliseconds, and counts what it did. */
async function hammer(root: string, milliseconds: number): Promise<void> {
  using store = openHammerStore(root);
  console.log('ready');
  const end = performance.now() + milliseconds;
  const done = { adds: 0, removals: 0, undos: 0, prunes: 0, collections: 0 };
  while (performance.now() < end) {
    try {
      await randomStep(store, done);
    } catch (error) {
      // Another process was faster, which must be all that can go wrong. Never that a layer is gone: a lease was on it.
      const expected = ['image-not-found', 'nothing-to-undo', 'undo-moved', 'undo-collected'];
      if (!isLamellaError(error) || !expected.includes(error.code)) throw error;
    }
    const lost = lostContent(store);
    if (lost.length > 0) throw new Error(`lost: ${lost.join(' ')}`);
  }
  console.log(JSON.stringify(done));
}

async function randomStep(store: HammerStore, done: Record<string, number>): Promise<void> {
  const pick = Math.floor(Math.random() * 100);
  const recipe = Math.floor(Math.random() * 60);
  const count = (name: string): void => {
    done[name] = (done[name] ?? 0) + 1;
  };
  if (pick < 40) {
    await store.add(recipe);
    count('adds');
  } else if (pick < 65) {
    store.images.remove(`hammer:${recipe % 5}`, { force: true });
    count('removals');
  } else if (pick < 70) {
    store.images.undo();
    count('undos');
  } else if (pick < 80) {
    store.images.prune();
    count('prunes');
  } else {
    await store.collector.run(await store.collector.plan({ undoWindow: pick < 95 ? 0 : 50 }));
    count('collections');
  }
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  await hammer(process.argv[2] ?? '', Number(process.argv[3]));
}
