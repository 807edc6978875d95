import type { Database } from '../db/database.ts';
import type { Digest } from '../oci/digest.ts';

/** An image as the store knows it. Its config, in full, is the blob of the same digest. */
export interface ImageRecord {
  /** The digest of the config. */
  readonly id: Digest;
  /** The image it was committed or built from, while that is here. */
  readonly parentId: Digest | undefined;
  /** RFC 3339 as the config says it, '' where it does not. */
  readonly created: string;
  /** The same in milliseconds since 1970, 0 where the config does not say. */
  readonly createdAt: number;
  /** Bytes of all files in all layers. */
  readonly size: number;
  readonly os: string;
  readonly architecture: string;
  readonly variant: string;
  readonly labels: Readonly<Record<string, string>> | undefined;
  readonly storedAt: number;
  /** Undefined where it never had a name here. */
  readonly lastTaggedAt: number | undefined;
  /** Set for an image that was removed and that the collector has not taken yet. */
  readonly removedAt: number | undefined;
}

interface ImageRow {
  readonly id: Digest;
  readonly parent_id: Digest | null;
  readonly created: string;
  readonly created_at: number;
  readonly size: number;
  readonly os: string;
  readonly architecture: string;
  readonly variant: string;
  readonly labels: string;
  readonly stored_at: number;
  readonly last_tagged_at: number | null;
  readonly removed_at: number | null;
}

const columns = `i.id, p.id AS parent_id, i.created, i.created_at, i.size, i.os, i.architecture, i.variant, i.labels,
  i.stored_at, i.last_tagged_at, i.removed_at`;
const source = 'images i LEFT JOIN images p ON p.id = i.parent_id AND p.removed_at IS NULL';

/** The image of that ID, be it removed or not; undefined where the store does not know it (any more). */
export function readImage(db: Database, id: string): ImageRecord | undefined {
  const row = db.get<ImageRow>(`SELECT ${columns} FROM ${source} WHERE i.id = ?`, id);
  return row && recordOf(row);
}

/** At most `limit` images whose ID begins with these digits, those that were removed left out. */
export function imagesByPrefix(db: Database, hex: string, limit: number): ImageRecord[] {
  const first = `sha256:${hex}`;
  return db
    .all<ImageRow>(
      `SELECT ${columns} FROM ${source} WHERE i.id >= ? AND i.id < ? AND i.removed_at IS NULL ORDER BY i.id LIMIT ?`,
      first,
      `${first}g`,
      limit,
    )
    .map(recordOf);
}

/** Images that are here, newest first. */
export function livingImages(db: Database): ImageRecord[] {
  return db
    .all<ImageRow>(
      `SELECT ${columns} FROM ${source} WHERE i.removed_at IS NULL ORDER BY i.created_at DESC, i.stored_at DESC, i.id`,
    )
    .map(recordOf);
}

export function parseLabels(text: string): Readonly<Record<string, string>> | undefined {
  return text === '{}' ? undefined : (JSON.parse(text) as Record<string, string>);
}

function recordOf(row: ImageRow): ImageRecord {
  return {
    id: row.id,
    parentId: row.parent_id ?? undefined,
    created: row.created,
    createdAt: row.created_at,
    size: row.size,
    os: row.os,
    architecture: row.architecture,
    variant: row.variant,
    labels: parseLabels(row.labels),
    storedAt: row.stored_at,
    lastTaggedAt: row.last_tagged_at ?? undefined,
    removedAt: row.removed_at ?? undefined,
  };
}
