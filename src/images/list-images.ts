import type { Database } from '../db/database.ts';
import type { Digest } from '../oci/digest.ts';
import { sharedSizes } from './disk-usage.ts';
import {
  assertKnownFilters,
  booleanFilter,
  type Filters,
  matchesLabels,
  matchesReference,
  parseGlob,
} from './filters.ts';
import { findImage } from './find-image.ts';
import { parseLabels } from './image-record.ts';
import { familiarText } from './names.ts';
import { parseTimestamp } from '../oci/timestamp.ts';

/** An image as a list shows it. */
export interface ImageSummary {
  readonly id: Digest;
  readonly parentId: Digest | undefined;
  /** `ubuntu:14.04` */
  readonly repoTags: readonly string[];
  /** `ubuntu@sha256:…` */
  readonly repoDigests: readonly string[];
  /** Milliseconds since 1970, 0 where the config does not say. */
  readonly createdAt: number;
  /** Bytes of all files in all layers. */
  readonly size: number;
  /** The part of it in layers that other images have too; undefined unless asked for. */
  readonly sharedSize: number | undefined;
  readonly labels: Readonly<Record<string, string>> | undefined;
  /** How many containers were made from it. */
  readonly containers: number;
}

export interface ListOptions {
  /** Also intermediate images: without a name, but with children. */
  readonly all?: boolean;
  /** dangling, label, before, since, reference, until: as Docker has them. */
  readonly filters?: Filters;
  readonly sharedSize?: boolean;
}

interface ListRow {
  readonly id: Digest;
  readonly parent_id: Digest | null;
  readonly created_at: number;
  readonly size: number;
  readonly labels: string;
  readonly tags: string | null;
  readonly digests: string | null;
  readonly containers: number;
}

// What is a parent of what is found from the rows themselves, which for 10,000 images is twice as fast as asking SQL for it.
const query = `
  SELECT i.id, i.parent_id, i.created_at, i.size, i.labels,
    (SELECT group_concat(name, char(10) ORDER BY name) FROM tags WHERE image_id = i.id) AS tags,
    (SELECT group_concat(name || '@' || digest, char(10) ORDER BY name, digest)
       FROM repo_digests WHERE image_id = i.id) AS digests,
    (SELECT count(*) FROM containers c WHERE c.image_id = i.id) AS containers
  FROM images i
  WHERE i.removed_at IS NULL
  ORDER BY i.created_at DESC, i.stored_at DESC, i.id`;

/**
 * Images, newest first, in one query (moby daemon/images/images.go).
 *
 * @throws LamellaError invalid `filter-invalid`, `time-invalid`; not-found where before or since name no image
 */
export function listImages(db: Database, now: number, options: ListOptions = {}): ImageSummary[] {
  const selects = selector(db, now, options);
  const shared = options.sharedSize === true ? sharedSizes(db) : undefined;
  const rows = db.all<ListRow>(query);
  const here = new Set(rows.map((row) => row.id));
  const parents = new Set(rows.map((row) => row.parent_id));
  const found: ImageSummary[] = [];
  for (const row of rows) {
    const parentId = row.parent_id !== null && here.has(row.parent_id) ? row.parent_id : undefined;
    const kept = selects(summaryOf(row, parentId, shared), parents.has(row.id));
    if (kept !== undefined) found.push(kept);
  }
  return found;
}

/** What makes of a summary the one to show, with the names that match, or nothing. */
function selector(
  db: Database,
  now: number,
  { all = false, filters = {} }: ListOptions,
): (summary: ImageSummary, hasChildren: boolean) => ImageSummary | undefined {
  assertKnownFilters(filters, ['dangling', 'label', 'before', 'since', 'reference', 'until']);
  const dangling = booleanFilter(filters, 'dangling');
  const { label = [] } = filters;
  const patterns = filters['reference']?.map(parseGlob);
  const createdOf = (text: string): number => findImage(db, text).createdAt;
  const before = Math.min(
    ...(filters['before'] ?? []).map(createdOf),
    ...(filters['until'] ?? []).map((text) => parseTimestamp(text, now)),
  );
  const since = Math.max(...(filters['since'] ?? []).map(createdOf));

  return (summary, hasChildren) => {
    if (before !== Infinity && (summary.createdAt === 0 || summary.createdAt >= before)) return undefined;
    if (since !== -Infinity && summary.createdAt <= since) return undefined;
    if (label.length > 0 && !matchesLabels(summary.labels, label)) return undefined;
    const shown = patterns === undefined ? summary : withMatchingNames(summary, patterns);
    if (dangling === true && (hasChildren || shown.repoTags.length > 0)) return undefined;
    if (shown.repoTags.length > 0 || shown.repoDigests.length > 0) return shown;
    if (!all && hasChildren) return undefined;
    return dangling === false || patterns !== undefined ? undefined : shown;
  };
}

function withMatchingNames(summary: ImageSummary, patterns: readonly RegExp[]): ImageSummary {
  const matches = (name: string): boolean => matchesReference(name, patterns);
  return {
    ...summary,
    repoTags: summary.repoTags.filter(matches),
    repoDigests: summary.repoDigests.filter(matches),
  };
}

function summaryOf(
  row: ListRow,
  parentId: Digest | undefined,
  shared: ReadonlyMap<Digest, number> | undefined,
): ImageSummary {
  return {
    id: row.id,
    parentId,
    repoTags: namesIn(row.tags),
    repoDigests: namesIn(row.digests),
    createdAt: row.created_at,
    size: row.size,
    sharedSize: shared && (shared.get(row.id) ?? 0),
    labels: parseLabels(row.labels),
    containers: row.containers,
  };
}

function namesIn(lines: string | null): string[] {
  return lines === null ? [] : lines.split('\n').map(familiarText);
}
