import { displayByteString } from '../base/byte-string.ts';
import { isLamellaError, messageOf } from '../base/errors.ts';
import type { LayerDamage } from '../layers/layer.ts';
import type { LayerStore } from '../layers/store.ts';
import type { Digest } from '../oci/digest.ts';
import { collect } from './collect.ts';
import type { OperationOptions } from './ports/common.ts';
import type { CheckReport, Damage } from './ports/system-engine.ts';
import type { Store } from './store.ts';

/**
 * Reads everything that the store keeps and holds it against its digests and its database.
 *
 * With `repair`, what can be made again from what is good is: an index or an unpacked tree from its tar; and what belongs
 * to nothing is removed. A tar or a blob that is damaged needs its image to be loaded or pulled again, which replaces it.
 */
export async function checkStore(
  store: Store,
  options: OperationOptions & { repair: boolean },
): Promise<CheckReport> {
  const layers = await store.layers();
  const found: Damage[] = [...databaseDamage(store)];
  const layerList = layers.list();
  const total = layerList.reduce((sum, { tarSize }) => sum + tarSize, 0);
  let bytes = 0;
  for (const { diffId, tarSize } of layerList) {
    const before = bytes;
    const damage = await unlessGone(
      layers.verify(diffId, {
        signal: options.signal,
        onProgress: (done) =>
          options.onProgress?.({
            id: diffId.slice(7, 19),
            status: 'Checking',
            current: before + done,
            total,
          }),
      }),
    );
    // Another process may remove it while it is read, which then looks like damage.
    if (damage === undefined || layers.get(diffId) === undefined) continue;
    bytes += tarSize;
    found.push(...(await reportLayer(store, layers, diffId, damage, options)));
  }
  const blobs = store.blobs.list();
  for (const { digest, size } of blobs) {
    bytes += size;
    const problem = await unlessGone(store.blobs.verify(digest, { signal: options.signal }));
    if (problem === undefined || store.blobs.stat(digest) === undefined) continue;
    found.push({ kind: 'blob', subject: digest, problem, files: [], images: imagesWithBlob(store, digest) });
  }
  const imageList = store.images.list({ all: true });
  for (const { id, repoTags } of imageList) {
    const problem = await imageProblem(store, layers, id);
    if (problem !== undefined && isHere(store, id))
      found.push({ kind: 'image', subject: id, problem, files: [], images: repoTags });
  }
  if (options.repair) await collect(store);
  return { layers: layerList.length, blobs: blobs.length, images: imageList.length, bytes, damage: found };
}

function* databaseDamage({ db }: Store): Generator<Damage> {
  for (const { integrity_check: problem } of db.all<{ integrity_check: string }>('PRAGMA integrity_check')) {
    if (problem !== 'ok') yield { kind: 'database', subject: db.path, problem, files: [], images: [] };
  }
  for (const { table } of db.all<{ table: string }>('PRAGMA foreign_key_check')) {
    yield {
      kind: 'database',
      subject: db.path,
      problem: `a row of ${table} names what is not there`,
      files: [],
      images: [],
    };
  }
}

async function reportLayer(
  store: Store,
  layers: LayerStore,
  diffId: Digest,
  damage: readonly LayerDamage[],
  { repair, signal }: OperationOptions & { repair: boolean },
): Promise<Damage[]> {
  if (damage.length === 0) return [];
  const images = imagesWithLayer(store, diffId);
  const isTarGood = damage.every(({ part }) => part !== 'tar');
  if (repair && isTarGood) {
    await layers.rebuild(diffId, { signal });
    if ((await layers.verify(diffId)).length === 0) return [];
  }
  return [...Map.groupBy(damage, ({ part }) => part)].map(([part, list]) => ({
    kind: 'layer',
    subject: diffId,
    problem: `${part}: ${list.find(({ path }) => path === undefined)?.reason ?? 'it differs from the tar'}`,
    files: list.flatMap(({ path }) => (path === undefined ? [] : [{ path: displayByteString(path) }])),
    images,
  }));
}

async function unlessGone<T>(action: Promise<T>): Promise<T | undefined> {
  try {
    return await action;
  } catch (error) {
    if (isLamellaError(error, 'not-found')) return undefined;
    throw error;
  }
}

function isHere({ db }: Store, id: Digest): boolean {
  return db.get('SELECT 1 FROM images WHERE id = ? AND removed_at IS NULL', id) !== undefined;
}

async function imageProblem({ images }: Store, layers: LayerStore, id: Digest): Promise<string | undefined> {
  try {
    const missing = (await images.config(id)).diffIds.find((diffId) => layers.get(diffId) === undefined);
    return missing === undefined ? undefined : `its layer ${missing} is missing`;
  } catch (error) {
    return messageOf(error);
  }
}

function imagesWithLayer({ db, images }: Store, diffId: Digest): string[] {
  return db
    .all<{ id: Digest }>('SELECT DISTINCT image_id AS id FROM image_layers WHERE diff_id = ?', diffId)
    .flatMap(({ id }) => namesOrId(images, id));
}

function imagesWithBlob({ db, images }: Store, digest: Digest): string[] {
  return db
    .all<{ id: Digest }>(
      `SELECT id FROM images WHERE id = ?1
       UNION SELECT image_id FROM image_manifests WHERE digest = ?1
       UNION SELECT image_id FROM image_layers JOIN layer_blobs USING (diff_id) WHERE digest = ?1`,
      digest,
    )
    .flatMap(({ id }) => namesOrId(images, id));
}

function namesOrId(images: Store['images'], id: Digest): string[] {
  const { tags } = images.names(id);
  return tags.length === 0 ? [id.slice(7, 19)] : tags;
}
