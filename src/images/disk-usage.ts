import type { Database } from '../db/database.ts';
import type { Digest } from '../oci/digest.ts';

/** What images take, in bytes. */
export interface ImageDiskUsage {
  /** Files in all layers, each layer once: Docker's "SIZE" of images. */
  readonly layersSize: number;
  /** The part of {@link layersSize} in layers of no container: what removing every unused image would free. */
  readonly reclaimable: number;
  /** `layers/` on disk: tars and indexes. */
  readonly layersOnDisk: number;
  /** `blobs/` on disk: configs, manifests, compressed layers. */
  readonly blobsOnDisk: number;
}

/** Only for layers of images that are here; what is removed and waits for the collector is in the `OnDisk` sums alone. */
export function imageDiskUsage(db: Database): ImageDiskUsage {
  const used =
    'SELECT il.diff_id FROM image_layers il JOIN images i ON i.id = il.image_id WHERE i.removed_at IS NULL';
  const sum = (sql: string): number => db.get<{ bytes: number }>(sql)?.bytes ?? 0;
  return {
    layersSize: sum(`SELECT total(content_size) AS bytes FROM layers WHERE diff_id IN (${used})`),
    reclaimable: sum(
      `SELECT total(content_size) AS bytes FROM layers
       WHERE diff_id IN (${used}) AND diff_id NOT IN (SELECT diff_id FROM container_layers)
         AND diff_id NOT IN (SELECT diff_id FROM container_image_mounts)`,
    ),
    layersOnDisk: sum('SELECT total(tar_size + index_size) AS bytes FROM layers'),
    blobsOnDisk: sum('SELECT total(size) AS bytes FROM blobs'),
  };
}

/** For each image the bytes in layers that at least one other image has too (the same layer on the same ones). */
export function sharedSizes(db: Database): Map<Digest, number> {
  const rows = db.all<{ image_id: Digest; bytes: number }>(
    `WITH here AS (
       SELECT il.image_id, il.diff_id, il.chain_id FROM image_layers il JOIN images i ON i.id = il.image_id
       WHERE i.removed_at IS NULL
     )
     SELECT image_id, sum(content_size) AS bytes FROM here JOIN layers USING (diff_id)
     WHERE chain_id IN (SELECT chain_id FROM here GROUP BY chain_id HAVING count(*) > 1)
     GROUP BY image_id`,
  );
  return new Map(rows.map(({ image_id: id, bytes }) => [id, bytes]));
}
