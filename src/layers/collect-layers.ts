import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { removeTree, renameIfThere, unlessMissing } from '../base/files.ts';
import type { Collected } from '../blobs/blob-store.ts';
import { sweepIngest, trashPath } from '../blobs/ingest.ts';
import type { Database } from '../db/database.ts';
import { isDigest, type Digest } from '../oci/digest.ts';
import { diskUsage } from './disk-usage.ts';
import { layerPaths } from './layer-paths.ts';
import { findLayer } from './publish-layer.ts';

/**
 * Removes the folders of layers that no row names, and what dead processes left unfinished. A folder without a row may
 * just be on its way in: only under the database's write lock it is certain, so there it is renamed away.
 */
export async function collectLayers({ root, db }: { root: string; db: Database }): Promise<Collected> {
  let freed = 0;
  for (const name of (await unlessMissing(readdir(join(root, 'layers')))) ?? []) {
    const diffId = `sha256:${name}`;
    if (!isDigest(diffId) || findLayer(db, diffId) !== undefined) continue;
    freed += await removeUnnamed(root, db, diffId);
  }
  await sweepIngest(root);
  return { freed };
}

async function removeUnnamed(root: string, db: Database, diffId: Digest): Promise<number> {
  const trash = trashPath(root);
  const moved = db.transaction(
    () => findLayer(db, diffId) === undefined && renameIfThere(layerPaths(root, diffId).folder, trash),
  );
  if (!moved) return 0;
  const size = await diskUsage(trash);
  await removeTree(trash);
  return size;
}
