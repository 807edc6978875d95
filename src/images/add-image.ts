import { LamellaError } from '../base/errors.ts';
import { forEachAtOnce } from '../base/for-each-at-once.ts';
import { createLease } from '../db/leases.ts';
import { chainIds } from '../oci/chain-id.ts';
import { type Digest, digestOf } from '../oci/digest.ts';
import { goTimeToMilliseconds, parseGoTime } from '../oci/go-time.ts';
import { type ImageConfig, parseImageConfig } from '../oci/image-config.ts';
import type { Reference } from '../oci/reference.ts';
import type { ImageContext } from './context.ts';
import { type ImageRecord, readImage } from './image-record.ts';
import { familiarText, nameOf } from './names.ts';
import { type Mover, operate, type Operation } from './operations.ts';

export interface NewImage {
  /** The exact bytes: their digest is the image's ID. All layers that it names must be in the store. */
  readonly config: Uint8Array;
  /** The manifest that it came with, as exact bytes. It is kept, so that a push or save sends the same one. */
  readonly manifest?: { readonly bytes: Uint8Array; readonly mediaType: string };
  /** The image it was committed or built from. */
  readonly parentId?: Digest;
  /** Compressed forms of its layers that are known. */
  readonly layerBlobs?: readonly LayerBlob[];
  /** Tags that are to point to it, and digest references under which it came. */
  readonly names?: readonly Reference[];
}

interface LayerBlob {
  readonly diffId: Digest;
  readonly digest: Digest;
  readonly mediaType: string;
  /** bytes */
  readonly size: number;
}

export interface AddedImage extends ImageRecord {
  /** Names that pointed to another image before, as people write them. */
  readonly replaced: readonly { readonly name: string; readonly id: Digest }[];
}

/** Configs and manifests that are written, and synced, at the same time. */
const documentsAtOnce = 8;

/**
 * Stores images: configs and manifests as blobs, then everything that names something in one transaction, for all of them.
 * Adding an image that is there already adds what is new (names, manifest, parent); one that was removed comes back.
 *
 * Whoever made the layers holds a lease on their diffIDs until this returns.
 *
 * @throws LamellaError invalid where a config is none, unavailable `layer-missing`
 */
export async function addImages(
  context: ImageContext,
  images: readonly NewImage[],
  operation: Operation,
): Promise<AddedImage[]> {
  const { db, blobs } = context;
  const identified = images.map((image) => ({
    image,
    config: parseImageConfig(image.config),
    id: digestOf(image.config),
  }));
  const documents = new Map<Digest, Uint8Array>();
  for (const { image, id } of identified) {
    documents.set(id, image.config);
    if (image.manifest !== undefined) documents.set(digestOf(image.manifest.bytes), image.manifest.bytes);
  }
  using lease = createLease(db);
  lease.add(...documents.keys());
  await forEachAtOnce([...documents.values()], async (bytes) => void (await blobs.putBytes(bytes)), {
    atOnce: documentsAtOnce,
  });
  return operate(context, operation, (mover) =>
    identified.map(({ image, config, id }) => nameImage(context, mover, id, config, image)),
  );
}

function nameImage(
  context: ImageContext,
  mover: Mover,
  id: Digest,
  config: ImageConfig,
  image: NewImage,
): AddedImage {
  const { db } = context;
  storeRows(context, mover, id, config, image);
  if (image.manifest !== undefined) storeManifest(context, id, image.manifest);
  for (const blob of image.layerBlobs ?? []) {
    db.run(
      'INSERT OR IGNORE INTO layer_blobs (diff_id, digest, media_type, size) VALUES (?, ?, ?, ?)',
      blob.diffId,
      blob.digest,
      blob.mediaType,
      blob.size,
    );
  }
  const replaced = (image.names ?? []).flatMap((reference) => {
    const name = nameOf(reference);
    const before = mover.point(name, id);
    return before === undefined || before === id ? [] : [{ name: familiarText(name.text), id: before }];
  });
  const stored = readImage(db, id);
  if (stored === undefined) throw new Error(`image ${id} was not stored`);
  return { ...stored, replaced };
}

function storeRows(
  context: ImageContext,
  mover: Mover,
  id: Digest,
  config: ImageConfig,
  image: NewImage,
): void {
  const { db } = context;
  const known = readImage(db, id);
  if (known !== undefined && image.parentId !== undefined && image.parentId !== id) {
    db.run('UPDATE images SET parent_id = ? WHERE id = ?', image.parentId, id);
  }
  if (known === undefined) insertImage(context, id, config, image.parentId);
  else if (known.removedAt === undefined) return;
  mover.arrive(id);
}

function insertImage(
  { db, now }: ImageContext,
  id: Digest,
  config: ImageConfig,
  parentId: Digest | undefined,
): void {
  const sizes = config.diffIds.map((diffId) => layerSize(db, diffId));
  const created = config.created ?? '';
  db.run(
    `INSERT INTO images (id, parent_id, created, created_at, size, os, architecture, variant, labels, stored_at)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    id,
    parentId ?? null,
    created,
    millisecondsOf(created),
    sizes.reduce((sum, size) => sum + size, 0),
    config.os,
    config.architecture,
    config.variant ?? '',
    JSON.stringify(config.config?.Labels ?? {}),
    now(),
  );
  const chain = chainIds(config.diffIds);
  for (const [position, diffId] of config.diffIds.entries()) {
    db.run(
      'INSERT INTO image_layers (image_id, position, diff_id, chain_id) VALUES (?, ?, ?, ?)',
      id,
      position,
      diffId,
      chain[position] ?? '',
    );
  }
}

function layerSize(db: ImageContext['db'], diffId: Digest): number {
  const layer = db.get<{ content_size: number }>('SELECT content_size FROM layers WHERE diff_id = ?', diffId);
  if (layer !== undefined) return layer.content_size;
  throw new LamellaError('unavailable', `layer ${diffId} is not in the store`, {
    code: 'layer-missing',
    hint: 'Another process may just have collected it: try again.',
  });
}

function storeManifest(
  { db, now }: ImageContext,
  imageId: Digest,
  { bytes, mediaType }: { bytes: Uint8Array; mediaType: string },
): void {
  db.run(
    `INSERT INTO image_manifests (digest, image_id, media_type, size, stored_at) VALUES (?, ?, ?, ?, ?)
     ON CONFLICT (digest) DO UPDATE SET stored_at = excluded.stored_at`,
    digestOf(bytes),
    imageId,
    mediaType,
    bytes.byteLength,
    now(),
  );
}

/** 0 for a time that was never set, be it absent or Go's year 1. */
function millisecondsOf(created: string): number {
  return created === '' ? 0 : Math.max(0, goTimeToMilliseconds(parseGoTime(created)));
}
