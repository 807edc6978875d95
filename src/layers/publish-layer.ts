import { mkdirSync, renameSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { removeTree, renameIfThere, syncDirectoryNow } from '../base/files.ts';
import { trashPath } from '../blobs/ingest.ts';
import type { Database } from '../db/database.ts';
import type { Digest } from '../oci/digest.ts';
import type { Layer, StagedLayer } from './layer.ts';
import { layerPaths, pathsIn } from './layer-paths.ts';

interface LayerRow {
  readonly diff_id: Digest;
  readonly tar_size: number;
  readonly index_size: number;
  readonly content_size: number;
  readonly entries: number;
  readonly created_at: number;
}

const columns = 'diff_id, tar_size, index_size, content_size, entries, created_at';

export function findLayer(db: Database, diffId: Digest): Layer | undefined {
  const row = db.get<LayerRow>(`SELECT ${columns} FROM layers WHERE diff_id = ?`, diffId);
  return row && layerOf(row);
}

export function listLayers(db: Database): Layer[] {
  return db.all<LayerRow>(`SELECT ${columns} FROM layers ORDER BY diff_id`).map(layerOf);
}

function layerOf(row: LayerRow): Layer {
  return {
    diffId: row.diff_id,
    tarSize: row.tar_size,
    indexSize: row.index_size,
    contentSize: row.content_size,
    entries: row.entries,
    createdAt: row.created_at,
  };
}

/** Whether it is here and, as far as is known, undamaged: no check has found otherwise, and its tar has the right size. */
export function hasSoundLayer({ root, db }: { root: string; db: Database }, diffId: Digest): boolean {
  const row = db.get<{ tar_size: number }>(
    'SELECT tar_size FROM layers WHERE diff_id = ? AND damaged_at IS NULL',
    diffId,
  );
  if (row === undefined) return false;
  return statSync(layerPaths(root, diffId).tar, { throwIfNoEntry: false })?.size === row.tar_size;
}

/**
 * Gives staged layers their names, all in one transaction: rename into place, sync the folder of layers, insert the rows.
 * A crash in between leaves folders without rows, which are garbage.
 *
 * A layer that the store has already is left as it is, or replaced where it is known to be damaged or `replace` says so.
 * Its files are replaced one by one, each at once: all are made from the same tar, so that they belong together at any
 * moment. Whoever reads the old files meanwhile keeps them; an unpacked tree stays, as containers may have it mounted.
 */
export function publishLayers(
  store: { root: string; db: Database },
  staged: readonly StagedLayer[],
  { replace = false }: { replace?: boolean } = {},
): { layers: Layer[]; trash: string[] } {
  const { root, db } = store;
  mkdirSync(join(root, 'layers'), { recursive: true });
  const trash: string[] = [];
  const layers = db.transaction(() => {
    const wanted = staged.filter(({ diffId }) => replace || !hasSoundLayer(store, diffId));
    const fresh = [...new Map(wanted.map((layer) => [layer.diffId, layer])).values()];
    for (const { diffId, folder } of fresh) {
      const { folder: place } = layerPaths(root, diffId);
      if (findLayer(db, diffId) !== undefined) {
        replaceFiles(folder, place);
        continue;
      }
      const old = trashPath(root);
      if (renameIfThere(place, old)) trash.push(old);
      renameSync(folder, place);
    }
    if (fresh.length > 0) syncDirectoryNow(join(root, 'layers'));
    for (const layer of fresh) insert(db, layer);
    return staged.map(({ diffId }) => findLayer(db, diffId)).filter((layer) => layer !== undefined);
  });
  return { layers, trash };
}

function replaceFiles(fresh: string, place: string): void {
  mkdirSync(place, { recursive: true });
  const [from, to] = [pathsIn(fresh), pathsIn(place)];
  for (const name of ['tar', 'index', 'sums'] as const) renameSync(from[name], to[name]);
  syncDirectoryNow(place);
}

function insert(db: Database, layer: StagedLayer): void {
  db.run(
    `INSERT INTO layers (${columns}) VALUES (?, ?, ?, ?, ?, ?)
     ON CONFLICT (diff_id) DO UPDATE SET index_size = excluded.index_size, damaged_at = NULL`,
    layer.diffId,
    layer.tarSize,
    layer.indexSize,
    layer.contentSize,
    layer.entries,
    Date.now(),
  );
}

/** Removes what nobody names any more; the next collection does it where this fails. */
export async function removeTrash(paths: readonly string[]): Promise<void> {
  for (const path of paths) await removeTree(path).catch(() => {});
}
