import { LamellaError, isLamellaError } from '../base/errors.ts';
import type { ImageContext } from './context.ts';
import { assertKnownFilters, booleanFilter, type Filters, matchesLabels } from './filters.ts';
import { type ImageRecord, livingImages } from './image-record.ts';
import { namesOf } from './names.ts';
import { newOperation, operate, type Mover } from './operations.ts';
import { type Removal, type RemovalLine, removeImage } from './remove-image.ts';
import { parseTimestamp } from '../oci/timestamp.ts';
import { childrenOf } from './usage.ts';

export interface PruneOptions {
  /** All images that no container uses, not only those without a tag. */
  readonly all?: boolean;
  /** until, label, label!, dangling. */
  readonly filters?: Filters;
  /** Says what would go, and leaves it. */
  readonly dryRun?: boolean;
}

export interface PruneReport {
  readonly lines: readonly RemovalLine[];
  /** Bytes of the files in the layers that went (or would go), as Docker counts them. */
  readonly spaceReclaimed: number;
}

/**
 * `docker image prune` (moby daemon/images/image_prune.go), newest image first, in one transaction. A dry run is the same
 * run, taken back at its end.
 *
 * @throws LamellaError invalid `filter-invalid`, `time-invalid`
 */
export function pruneImages(context: ImageContext, options: PruneOptions = {}): PruneReport {
  const report: Removal = { lines: [], reclaimed: 0 };
  try {
    operate(context, newOperation('prune'), (mover) => {
      pruneInto(context, mover, options, report);
      if (options.dryRun === true) throw new DryRunOver();
    });
  } catch (error) {
    if (!(error instanceof DryRunOver)) throw error;
  }
  return { lines: report.lines, spaceReclaimed: report.reclaimed };
}

class DryRunOver extends Error {}

function pruneInto(
  context: ImageContext,
  mover: Mover,
  { all = false, filters = {} }: PruneOptions,
  report: Removal,
): void {
  assertKnownFilters(filters, ['dangling', 'label', 'label!', 'until']);
  const danglingOnly = booleanFilter(filters, 'dangling') ?? !all;
  const isCandidate = candidateTest(context, filters, danglingOnly);
  // All are chosen before the first goes: that a removal makes its parent dangling must not let the parent go, too.
  for (const image of livingImages(context.db).filter(isCandidate)) {
    for (const text of targetsOf(context, image, danglingOnly)) {
      const removal = tryRemove(context, mover, text);
      report.lines.push(...removal.lines);
      report.reclaimed += removal.reclaimed;
    }
  }
}

function candidateTest(
  { db, now }: ImageContext,
  filters: Filters,
  danglingOnly: boolean,
): (image: ImageRecord) => boolean {
  const { label = [], 'label!': notLabel = [], until: untils = [] } = filters;
  if (untils.length > 1) {
    throw new LamellaError('invalid', 'more than one until filter specified', { code: 'filter-invalid' });
  }
  const until = untils[0] === undefined ? Infinity : parseTimestamp(untils[0], now());
  return (image) => {
    if (until !== Infinity && (image.createdAt === 0 || image.createdAt > until)) return false;
    if (!matchesLabels(image.labels, label)) return false;
    if (notLabel.length > 0 && matchesLabels(image.labels, notLabel)) return false;
    const hasChildren = childrenOf(db, image.id).length > 0;
    return !hasChildren || (!danglingOnly && namesOf(db, image.id).length > 0);
  };
}

/** What to remove for an image to go: each of its names, or its ID where it has none. */
function targetsOf({ db }: ImageContext, image: ImageRecord, danglingOnly: boolean): string[] {
  const names = namesOf(db, image.id);
  if (names.length === 0) return [image.id];
  const hasTag = names.some(({ digest }) => digest === undefined);
  return danglingOnly && hasTag ? [] : names.map(({ text }) => text);
}

/** What is in use stays, and what went meanwhile (as another one's parent) is gone. */
function tryRemove(context: ImageContext, mover: Mover, text: string): Removal {
  try {
    return context.db.transaction(() => removeImage(context, mover, text));
  } catch (error) {
    if (isLamellaError(error, 'conflict') || isLamellaError(error, 'not-found'))
      return { lines: [], reclaimed: 0 };
    throw error;
  }
}
