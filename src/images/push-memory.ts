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
  /** Other repositories of the same registry that have an image with this layer, as far as is known here. */
  sources(diffId: Digest, target: Repository): string[];
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
    sources: (diffId, { domain, path }) =>
      db
        .all<{ name: string }>(
          `SELECT DISTINCT r.name FROM image_layers l JOIN repo_digests r ON r.image_id = l.image_id
           WHERE l.diff_id = ? ORDER BY r.name`,
          diffId,
        )
        .filter(({ name }) => name.startsWith(`${domain}/`) && name !== `${domain}/${path}`)
        .map(({ name }) => name.slice(domain.length + 1)),
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
