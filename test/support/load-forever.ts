import { createDiskBlobStore } from '../../src/blobs/disk-blob-store.ts';
import { openDatabase } from '../../src/db/database.ts';
import { createLease } from '../../src/db/leases.ts';
import { migrations } from '../../src/db/schema.ts';
import { createImageStore } from '../../src/images/image-store.ts';
import { createLayerStore } from '../../src/layers/store.ts';
import { importImage } from '../../src/archive/import.ts';
import { loadImages } from '../../src/archive/load.ts';
import { parseReference } from '../../src/oci/reference.ts';
import { readChunks } from '../../src/base/streams.ts';
import { open } from 'node:fs/promises';

/** To be spawned with a store's root, an archive and a layer's tar. */
export const loadForeverScript: string = import.meta.filename;

/** Loads and imports into the store until somebody kills this process. */
async function loadForever([root = '', archive = '', layer = '']: readonly string[]): Promise<never> {
  const db = openDatabase(`${root}/lamella.db`, migrations);
  const blobs = createDiskBlobStore({ root, db });
  const deps = {
    blobs,
    layers: createLayerStore({ root, db, blobs }),
    images: createImageStore({ db, blobs }),
    createLease: () => createLease(db),
  };
  for (let round = 0; ; round += 1) {
    process.stdout.write('.');
    await loadImages(deps, { path: archive });
    await using file = await open(layer);
    await importImage(deps, readChunks(file), {
      reference: parseReference(`imported:${round}`),
      message: `${process.pid} ${round}`,
    });
    // Without layers the next round has something to do.
    db.transaction(() => {
      db.run('DELETE FROM tags');
      db.run('DELETE FROM images');
      db.run('DELETE FROM layers');
    });
  }
}

if (process.argv[1] === import.meta.filename) await loadForever(process.argv.slice(2));
