import { statfs } from 'node:fs/promises';
import type { Database } from '../db/database.ts';
import { reapLeases } from '../db/leases.ts';
import type { Digest } from '../oci/digest.ts';
import { trimOperations } from './trim-operations.ts';

/** Removes the files that no row names any more, and what dead processes left in ingest/: LayerStore and BlobStore can. */
export interface ContentRemover {
  collect(): Promise<{ readonly freed: number }>;
}

/** What a run would take: nothing reaches these any more. */
export interface CollectionPlan {
  /** Images that were removed longer ago than the undo window. */
  readonly images: readonly Digest[];
  readonly layers: readonly CollectedItem[];
  readonly blobs: readonly CollectedItem[];
  /** Bytes on disk of layers and blobs. */
  readonly size: number;
}

interface CollectedItem {
  readonly digest: Digest;
  /** Bytes on disk. */
  readonly size: number;
}

interface CollectOptions {
  /** How long removed images stay restorable, in milliseconds: an hour by default, nothing while the disk is short. */
  readonly undoWindow?: number;
}

/**
 * Frees what nothing reaches:
 *
 *     roots     images (with names or not) that are not removed · containers · leases of living processes
 *     reach     their layers, configs, manifests, indexes, known compressed forms of the layers
 *     the rest  goes: first all rows in one transaction, then, when that is durable, the files
 *
 * The log of operations is bounded on this occasion, too: see {@link trimOperations}.
 *
 * Any number of processes may collect and add at once: what a lease or a new image holds when the transaction runs stays,
 * and files are only touched under the same lock, after looking again.
 */
export interface Collector {
  /** Changes nothing. */
  plan(options?: CollectOptions): Promise<CollectionPlan>;
  /** Takes what is in the plan and still unreached, nothing else, and gives what it took. */
  run(plan: CollectionPlan): Promise<CollectionPlan>;
}

const defaultUndoWindow = 3_600_000;
const shortDisk = 0.1;

export interface CollectorDeps {
  readonly db: Database;
  readonly layers: ContentRemover;
  readonly blobs: ContentRemover;
  readonly now: () => number;
  /** The free part of the disk, 0–1. */
  readonly freeShare: () => Promise<number>;
}

/** The free part, 0–1, of the disk that holds `path`. */
export async function freeShareOf(path: string): Promise<number> {
  const { bavail, blocks } = await statfs(path);
  return blocks === 0 ? 1 : bavail / blocks;
}

export function createCollector({ db, layers, blobs, now, freeShare }: CollectorDeps): Collector {
  async function plan(options: CollectOptions = {}): Promise<CollectionPlan> {
    const window = options.undoWindow ?? ((await freeShare()) < shortDisk ? 0 : defaultUndoWindow);
    const removedBefore = now() - window;
    const images = db
      .all<{ id: Digest }>(
        `SELECT id FROM images i WHERE removed_at <= ? AND NOT EXISTS (SELECT 1 FROM containers WHERE image_id = i.id)`,
        removedBefore,
      )
      .map(({ id }) => id);
    let found = nothing;
    try {
      db.transaction(() => {
        found = deleteRows(db, { images });
        throw new PlanOnly();
      });
    } catch (error) {
      if (!(error instanceof PlanOnly)) throw error;
    }
    return found;
  }

  async function run(planned: CollectionPlan): Promise<CollectionPlan> {
    const isNothing = planned.images.length + planned.layers.length + planned.blobs.length === 0;
    const taken = isNothing ? nothing : db.transaction(() => deleteRows(db, planned));
    if (isNothing) db.transaction(() => reapLeases(db), { durable: false });
    trimOperations(db, now());
    await layers.collect();
    await blobs.collect();
    return taken;
  }

  return { plan, run };
}

class PlanOnly extends Error {}

const nothing: CollectionPlan = { images: [], layers: [], blobs: [], size: 0 };

/** The first half of every removal: rows go, files stay. Limited to what was planned, where that is given. */
function deleteRows(
  db: Database,
  planned: Pick<CollectionPlan, 'images'> & Partial<CollectionPlan>,
): CollectionPlan {
  reapLeases(db);
  const images = planned.images.filter(
    (id) =>
      db.run(
        `DELETE FROM images WHERE id = ?1 AND removed_at IS NOT NULL
         AND NOT EXISTS (SELECT 1 FROM containers WHERE image_id = ?1)`,
        id,
      ) > 0,
  );
  const layers = limitTo(planned.layers, db.all<CollectedItem>(unreachedLayers));
  for (const { digest } of layers) db.run('DELETE FROM layers WHERE diff_id = ?', digest);
  const blobs = limitTo(planned.blobs, db.all<CollectedItem>(unreachedBlobs));
  for (const { digest } of blobs) db.run('DELETE FROM blobs WHERE digest = ?', digest);
  const size = [...layers, ...blobs].reduce((sum, item) => sum + item.size, 0);
  return { images, layers, blobs, size };
}

function limitTo(planned: readonly CollectedItem[] | undefined, found: CollectedItem[]): CollectedItem[] {
  if (planned === undefined) return found;
  const digests = new Set(planned.map(({ digest }) => digest));
  return found.filter(({ digest }) => digests.has(digest));
}

const unreachedLayers = `
  SELECT diff_id AS digest, tar_size + index_size AS size FROM layers l
  WHERE NOT EXISTS (SELECT 1 FROM image_layers WHERE diff_id = l.diff_id)
    AND NOT EXISTS (SELECT 1 FROM container_layers WHERE diff_id = l.diff_id)
    AND NOT EXISTS (SELECT 1 FROM container_image_mounts WHERE diff_id = l.diff_id)
    AND NOT EXISTS (SELECT 1 FROM build_steps WHERE diff_id = l.diff_id)
    AND NOT EXISTS (SELECT 1 FROM leases WHERE subject = l.diff_id)
  ORDER BY diff_id`;

const unreachedBlobs = `
  SELECT digest, size FROM blobs b
  WHERE NOT EXISTS (SELECT 1 FROM images WHERE id = b.digest)
    AND NOT EXISTS (SELECT 1 FROM image_manifests WHERE digest = b.digest)
    AND NOT EXISTS (SELECT 1 FROM repo_digests WHERE digest = b.digest)
    AND NOT EXISTS (SELECT 1 FROM layer_blobs WHERE digest = b.digest)
    AND NOT EXISTS (SELECT 1 FROM leases WHERE subject = b.digest)
  ORDER BY digest`;
