import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import type { BlobStore } from '../../src/blobs/blob-store.ts';
import { createMemoryBlobStore } from '../../src/blobs/memory-blob-store.ts';
import { type Database, openDatabase } from '../../src/db/database.ts';
import { migrations } from '../../src/db/schema.ts';
import type { AddedImage } from '../../src/images/add-image.ts';
import { createImageStore, type ImageStore } from '../../src/images/image-store.ts';
import type { Operation } from '../../src/images/operations.ts';
import { type Digest, digestOf } from '../../src/oci/digest.ts';
import { formatImageConfig, type HistoryEntry } from '../../src/oci/image-config.ts';
import { parseReference } from '../../src/oci/reference.ts';

/** An image store whose layers are rows without files: for everything that is about names and relations. */
export interface ImageLab {
  readonly db: Database;
  readonly blobs: BlobStore;
  readonly images: ImageStore;
  /** Milliseconds since 1970, for the test to move. */
  clock: number;
  /** Makes an image of these layers; the same text is the same layer, 1,000 bytes and as many as its text has. */
  add(recipe: ImageRecipe): Promise<AddedImage>;
  container(id: string, imageId: Digest, status?: string): void;
}

interface ImageRecipe {
  /** Makes the ID unique. */
  readonly label?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly layers?: readonly string[];
  readonly names?: readonly string[];
  readonly parentId?: Digest;
  readonly created?: string;
  readonly history?: readonly HistoryEntry[];
  readonly command?: string | Operation;
  readonly manifest?: { readonly bytes: Uint8Array; readonly mediaType: string };
}

export function layerDigest(text: string): Digest {
  return digestOf(`layer ${text}`);
}

export function openImageLab(
  t: TestContext,
  {
    blobs = createMemoryBlobStore(),
    db = openTemporaryDatabase(t),
  }: { blobs?: BlobStore; db?: Database } = {},
): ImageLab {
  const lab: ImageLab = {
    db,
    blobs,
    clock: Date.parse('2026-11-24T08:00:00Z'),
    images: createImageStore({ db, blobs, now: () => lab.clock, who: 'tester' }),
    add: (recipe) => addImage(lab, recipe),
    container: (id, imageId, status = 'exited') => insertContainer(lab, id, imageId, status),
  };
  return lab;
}

function openTemporaryDatabase(t: TestContext): Database {
  const folder = mkdtempSync(join(tmpdir(), 'lamella-images-'));
  const db = openDatabase(join(folder, 'lamella.db'), migrations);
  t.after(() => {
    db.close();
    rmSync(folder, { recursive: true });
  });
  return db;
}

async function addImage(lab: ImageLab, recipe: ImageRecipe): Promise<AddedImage> {
  const layers = recipe.layers ?? [];
  for (const text of layers) insertLayer(lab.db, text);
  const labels = { ...(recipe.label !== undefined && { label: recipe.label }), ...recipe.labels };
  lab.clock += 1000;
  const config = formatImageConfig({
    os: 'linux',
    architecture: 'amd64',
    created: recipe.created ?? new Date(lab.clock).toISOString(),
    config: Object.keys(labels).length === 0 ? {} : { Labels: labels },
    diffIds: layers.map(layerDigest),
    ...(recipe.history && { history: recipe.history }),
  });
  return lab.images.add(
    {
      config,
      names: (recipe.names ?? []).map(parseReference),
      ...(recipe.parentId !== undefined && { parentId: recipe.parentId }),
      ...(recipe.manifest && { manifest: recipe.manifest }),
    },
    recipe.command ?? 'import',
  );
}

export function insertLayer(db: Database, text: string): void {
  db.run(
    `INSERT OR IGNORE INTO layers (diff_id, tar_size, index_size, content_size, entries, created_at)
     VALUES (?, ?, 512, ?, 3, 0)`,
    layerDigest(text),
    10_240,
    1000 + text.length,
  );
}

function insertContainer({ db, clock }: ImageLab, name: string, imageId: Digest, status: string): void {
  const id = createHash('sha256').update(name).digest('hex');
  db.transaction(() => {
    db.run(
      `INSERT INTO containers (id, name, image_id, image_name, created_at, spec, driver, status, state)
       VALUES (?, ?, ?, ?, ?, '{}', 'erofs', ?, '{}')`,
      id,
      name,
      imageId,
      imageId,
      clock,
      status,
    );
    db.run(
      `INSERT INTO container_layers (container_id, position, diff_id)
       SELECT ?, position, diff_id FROM image_layers WHERE image_id = ?`,
      id,
      imageId,
    );
  });
}
