import { LamellaError } from '../base/errors.ts';
import type { Database } from '../db/database.ts';
import type { Digest } from '../oci/digest.ts';
import type { ImageConfig } from '../oci/image-config.ts';
import { readImage } from './image-record.ts';
import { familiarText, namesOf } from './names.ts';

/** One step in the making of an image. */
export interface HistoryItem {
  /** The image that stood at this step; undefined (Docker: `<missing>`) where that image is not here. */
  readonly id: Digest | undefined;
  /** RFC 3339; undefined where it does not say. */
  readonly created: string | undefined;
  readonly createdBy: string;
  readonly comment: string;
  readonly tags: readonly string[];
  /** Bytes of the files in the layer, 0 for a step that made none. */
  readonly size: number;
}

/**
 * The steps of an image, newest first. The newest has the image's own ID, and each one below the ID of the parent before
 * it, as far as parents are here (moby daemon/images/image_history.go).
 *
 * @throws LamellaError corrupt `history-mismatch` where the history has more layers than the image
 */
export function imageHistory(db: Database, imageId: Digest, config: ImageConfig): HistoryItem[] {
  const sizes = db
    .all<{ size: number }>(
      `SELECT l.content_size AS size FROM image_layers JOIN layers l USING (diff_id) WHERE image_id = ? ORDER BY position`,
      imageId,
    )
    .map(({ size }) => size);
  let layer = 0;
  const steps = (config.history ?? []).map((step) => ({
    step,
    size: step.emptyLayer === true ? 0 : nextSize(),
  }));

  function nextSize(): number {
    const size = sizes[layer++];
    if (size !== undefined) return size;
    throw new LamellaError('corrupt', 'too many non-empty layers in History section', {
      code: 'history-mismatch',
    });
  }

  let id: Digest | undefined = imageId;
  return steps.reverse().map(({ step, size }) => {
    const at: Digest | undefined = id;
    id = at && readImage(db, at)?.parentId;
    return {
      id: at,
      created: step.created,
      createdBy: step.createdBy ?? '',
      comment: step.comment ?? '',
      tags: at === undefined ? [] : tagsOf(db, at),
      size,
    };
  });
}

function tagsOf(db: Database, id: Digest): string[] {
  return namesOf(db, id)
    .filter(({ digest }) => digest === undefined)
    .map(({ text }) => familiarText(text));
}
