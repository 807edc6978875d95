import type { BlobStore } from '../blobs/blob-store.ts';
import { userName } from '../base/user.ts';
import type { Database } from '../db/database.ts';
import type { Digest } from '../oci/digest.ts';
import { type ImageConfig, parseImageConfig } from '../oci/image-config.ts';
import type { Reference } from '../oci/reference.ts';
import { type AddedImage, addImages, type NewImage } from './add-image.ts';
import type { ImageContext } from './context.ts';
import { imageDiskUsage, type ImageDiskUsage } from './disk-usage.ts';
import { findImage } from './find-image.ts';
import { imageHistory, type HistoryItem } from './image-history.ts';
import { type ImageRecord, readImage } from './image-record.ts';
import { type ImageSummary, listImages, type ListOptions } from './list-images.ts';
import { assertTaggable, familiarText, nameOf, namesOf } from './names.ts';
import { newOperation, operate, type Operation } from './operations.ts';
import { pruneImages, type PruneOptions, type PruneReport } from './prune-images.ts';
import { type RemovalLine, removeImage, type RemoveOptions } from './remove-image.ts';
import { tagLog, type TagMove, undo, type UndoReport } from './undo.ts';
import { childrenOf } from './usage.ts';

/** The manifest under which an image came. */
interface StoredManifest {
  readonly digest: Digest;
  readonly mediaType: string;
  /** bytes */
  readonly size: number;
}

/**
 * Images, their names, and everything that happened to names. Nothing here touches layers or their files: removing an
 * image makes it invisible, and the collector (collector.ts) frees what it alone had when the time to undo is over.
 *
 * A `command` is the verb for the log, or an {@link Operation} that several calls share.
 */
export interface ImageStore {
  add(image: NewImage, command: string | Operation): Promise<AddedImage>;
  /** Several, of which all get their rows and names, or none does. */
  addAll(images: readonly NewImage[], command: string | Operation): Promise<AddedImage[]>;
  /** By ID, beginning of an ID, name, name with digest, or `NAME@{n}`; see {@link findImage}. */
  find(text: string): ImageRecord;
  /** By whole ID only; undefined for an image that is not here or was removed. */
  get(id: Digest): ImageRecord | undefined;
  list(options?: ListOptions): ImageSummary[];
  /** Familiar names, in Docker's order. */
  names(id: Digest): { readonly tags: string[]; readonly digests: string[] };
  children(id: Digest): Digest[];
  /** The newest manifest that names the image; undefined for one that was made here. */
  manifest(id: Digest): StoredManifest | undefined;
  /** Parsed and verified. */
  config(id: Digest): Promise<ImageConfig>;
  /** The config's exact bytes, verified. */
  configBytes(id: Digest): Promise<Buffer>;
  history(id: Digest): Promise<HistoryItem[]>;

  /** Lets a tag point to the image, which comes back if it was removed. Gives the image it pointed to before. */
  tag(id: Digest, reference: Reference, command?: string | Operation): Digest | undefined;
  /** `docker rmi`; see {@link removeImage}. */
  remove(text: string, options?: RemoveOptions & { operation?: Operation }): RemovalLine[];
  prune(options?: PruneOptions): PruneReport;
  /** Every move of a tag, newest first. */
  log(reference: Reference): TagMove[];
  /** Takes back the newest operation, or the newest on `reference`; see {@link undo}. */
  undo(reference?: Reference): UndoReport;
  diskUsage(): ImageDiskUsage;
}

export interface ImageStoreDeps {
  readonly db: Database;
  readonly blobs: BlobStore;
  readonly now?: () => number;
  /** User name for the log; the process's user by default. */
  readonly who?: string;
}

export function createImageStore({
  db,
  blobs,
  now = Date.now,
  who = userName(),
}: ImageStoreDeps): ImageStore {
  const context: ImageContext = { db, blobs, now, who };

  const configBytes = (id: Digest): Promise<Buffer> => blobs.read(id);
  const config = async (id: Digest): Promise<ImageConfig> => parseImageConfig(await configBytes(id));

  function tag(id: Digest, reference: Reference, command: string | Operation = 'tag'): Digest | undefined {
    assertTaggable(reference);
    return operate(context, operationOf(command), (mover) => {
      if (findImage(db, id, { removed: true }).removedAt !== undefined) mover.arrive(id);
      return mover.point(nameOf(reference), id);
    });
  }

  function names(id: Digest): { tags: string[]; digests: string[] } {
    const all = namesOf(db, id);
    const familiar = (isTag: boolean): string[] =>
      all.filter(({ digest }) => (digest === undefined) === isTag).map(({ text }) => familiarText(text));
    return { tags: familiar(true), digests: familiar(false) };
  }

  return {
    async add(image, command) {
      const [added] = await addImages(context, [image], operationOf(command));
      return added as AddedImage;
    },
    addAll: (images, command) => addImages(context, images, operationOf(command)),
    find: (text) => findImage(db, text),
    get(id) {
      const image = readImage(db, id);
      return image?.removedAt === undefined ? image : undefined;
    },
    list: (options) => listImages(db, now(), options),
    names,
    children: (id) => childrenOf(db, id),
    manifest: (id) =>
      db.get<StoredManifest>(
        `SELECT digest, media_type AS mediaType, size FROM image_manifests WHERE image_id = ?
         ORDER BY stored_at DESC, digest LIMIT 1`,
        id,
      ),
    config,
    configBytes,
    history: async (id) => imageHistory(db, id, await config(id)),
    tag,
    remove: (text, { operation, ...options } = {}) =>
      operate(
        context,
        operation ?? newOperation('rmi'),
        (mover) => removeImage(context, mover, text, options).lines,
      ),
    prune: (options) => pruneImages(context, options),
    log: (reference) => tagLog(context, reference),
    undo: (reference) => undo(context, reference),
    diskUsage: () => imageDiskUsage(db),
  };
}

function operationOf(command: string | Operation): Operation {
  return typeof command === 'string' ? newOperation(command) : command;
}
