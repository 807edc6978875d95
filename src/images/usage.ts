import type { Database } from '../db/database.ts';
import type { Digest } from '../oci/digest.ts';

/** Images that were committed or built from this one and are here. */
export function childrenOf(db: Database, id: Digest): Digest[] {
  return db
    .all<{ id: Digest }>(
      'SELECT id FROM images WHERE parent_id = ? AND removed_at IS NULL ORDER BY created_at, id',
      id,
    )
    .map((row) => row.id);
}

/** The oldest container made from the image that runs, or does not; or either. Paused ones run. */
export function containerUsing(
  db: Database,
  id: Digest,
  which: 'any' | 'running' | 'stopped',
): string | undefined {
  const condition = {
    any: '',
    running: `AND status IN ('running', 'paused', 'restarting')`,
    stopped: `AND status NOT IN ('running', 'paused', 'restarting')`,
  }[which];
  return db.get<{ id: string }>(
    `SELECT id FROM containers WHERE image_id = ? ${condition} ORDER BY created_at, id LIMIT 1`,
    id,
  )?.id;
}

/**
 * The layers of an image that nothing else uses, topmost first, by their chain ID: what Docker's layer store would drop
 * with the image. A container keeps the layers of the image it was made from, even when that was removed by force.
 */
export function ownLayers(db: Database, id: Digest): { chainId: Digest; size: number }[] {
  return db
    .all<{ chain_id: Digest; size: number }>(
      `SELECT il.chain_id, l.content_size AS size FROM image_layers il JOIN layers l USING (diff_id)
       WHERE il.image_id = ?1
         AND NOT EXISTS (SELECT 1 FROM image_layers other JOIN images i ON i.id = other.image_id
                         WHERE other.chain_id = il.chain_id AND other.image_id <> ?1 AND i.removed_at IS NULL)
         AND NOT EXISTS (SELECT 1 FROM image_layers other JOIN containers c ON c.image_id = other.image_id
                         WHERE other.chain_id = il.chain_id)
       ORDER BY il.position DESC`,
      id,
    )
    .map((row) => ({ chainId: row.chain_id, size: row.size }));
}
