import type { Database } from '../db/database.ts';
import type { Digest } from '../oci/digest.ts';

/** A compressed form of a layer. The blob itself need not be here: a registry may have it. */
export interface LayerForm {
  readonly digest: Digest;
  readonly mediaType: string;
  /** bytes */
  readonly size: number;
}

/** A repository of a registry. */
interface Repository {
  readonly domain: string;
  readonly path: string;
}

/** What pushes know from what was pulled, loaded and pushed before, in any process. */
export interface PushMemory {
  /** Forms of a layer that are known; `isMade` are those that a push made here. */
  forms(diffId: Digest): (LayerForm & { readonly isMade: boolean })[];
  /** Keeps a form that a push has made: its blob stays while the layer does. */
  addForm(diffId: Digest, form: LayerForm): void;
  /** Bytes of the blobs that pushes have made and that are here. */
  madeSize(): number;
  /**
   * Lets go of blobs that pushes have made, the oldest first, until the rest takes no more than `budget` bytes. That their
   * forms are known stays: a registry may have them. The collector removes the files.
   *
   * @returns bytes let go
   */
  trim(budget: number): number;
  /**
   * Whether a registry has given the image: the document that one of its digest references names is here, which that of a
   * push is not.
   */
  isFromRegistry(imageId: Digest): boolean;
  /** Other repositories of the same registry that have an image with this layer, as far as is known here. */
  sources(diffId: Digest, target: Repository): string[];
  /** The layers of an image, bottom first. */
  diffIds(imageId: Digest): Digest[];
  /** Under which digests the image is in this repository, as far as is known here. */
  digestsIn(imageId: Digest, target: Repository): Digest[];
  /** The image is in this repository under this digest now, as `RepoDigests` tells. */
  pushed(imageId: Digest, target: Repository, manifest: Digest): void;
}

export function createPushMemory(db: Database, now: () => number = Date.now): PushMemory {
  return {
    forms: (diffId) =>
      db
        .all<LayerForm & { madeAt: number | null }>(
          `SELECT digest, media_type AS mediaType, size, made_at AS madeAt FROM layer_blobs
           WHERE diff_id = ? ORDER BY made_at, digest`,
          diffId,
        )
        .map(({ madeAt, ...form }) => ({ ...form, isMade: madeAt !== null })),
    addForm(diffId, { digest, mediaType, size }) {
      db.run(
        `INSERT OR IGNORE INTO layer_blobs (diff_id, digest, media_type, size, made_at) VALUES (?, ?, ?, ?, ?)`,
        diffId,
        digest,
        mediaType,
        size,
        now(),
      );
    },
    madeSize: () => madeBlobs(db).reduce((sum, { size }) => sum + size, 0),
    trim: (budget) =>
      db.transaction(() => {
        const made = madeBlobs(db);
        let left = made.reduce((sum, { size }) => sum + size, 0);
        const before = left;
        for (const { digest, size } of made) {
          if (left <= budget) break;
          const isInUse = db.get('SELECT 1 FROM leases WHERE subject = ?', digest) !== undefined;
          if (isInUse || db.run('DELETE FROM blobs WHERE digest = ?', digest) === 0) continue;
          left -= size;
        }
        return before - left;
      }),
    isFromRegistry: (imageId) =>
      db.get('SELECT 1 FROM repo_digests JOIN blobs USING (digest) WHERE image_id = ?', imageId) !==
      undefined,
    sources: (diffId, { domain, path }) =>
      db
        .all<{ name: string }>(
          `SELECT DISTINCT r.name FROM image_layers l JOIN repo_digests r ON r.image_id = l.image_id
           WHERE l.diff_id = ? ORDER BY r.name`,
          diffId,
        )
        .filter(({ name }) => name.startsWith(`${domain}/`) && name !== `${domain}/${path}`)
        .map(({ name }) => name.slice(domain.length + 1)),
    diffIds: (imageId) =>
      db
        .all<{ diffId: Digest }>(
          'SELECT diff_id AS diffId FROM image_layers WHERE image_id = ? ORDER BY position',
          imageId,
        )
        .map(({ diffId }) => diffId),
    digestsIn: (imageId, { domain, path }) =>
      db
        .all<{ digest: Digest }>(
          'SELECT digest FROM repo_digests WHERE image_id = ? AND name = ?',
          imageId,
          `${domain}/${path}`,
        )
        .map(({ digest }) => digest),
    pushed(imageId, { domain, path }, manifest) {
      db.run(
        `INSERT OR IGNORE INTO repo_digests (name, digest, image_id) SELECT ?, ?, id FROM images WHERE id = ?`,
        `${domain}/${path}`,
        manifest,
        imageId,
      );
    },
  };
}

/** Those that only a push needs, the oldest first. */
function madeBlobs(db: Database): { digest: Digest; size: number }[] {
  return db.all(
    `SELECT b.digest, b.size FROM blobs b JOIN layer_blobs l ON l.digest = b.digest
     GROUP BY b.digest HAVING count(*) = count(l.made_at) ORDER BY min(l.made_at), b.digest`,
  );
}
