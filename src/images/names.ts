import { LamellaError } from '../base/errors.ts';
import type { Database } from '../db/database.ts';
import type { Digest } from '../oci/digest.ts';
import {
  familiarName,
  formatReference,
  type Reference,
  repositoryName,
  withDefaultTag,
} from '../oci/reference.ts';

/**
 * One of an image's names: a tag (`docker.io/library/ubuntu:14.04`) or a digest reference
 * (`docker.io/library/ubuntu@sha256:…`), always in full. A reference with both is its digest reference: what a tag points
 * to may have changed, so it says nothing (as in Docker's reference store).
 */
export interface ImageName {
  readonly text: string;
  /** Without tag and digest. */
  readonly repository: string;
  /** Undefined for a tag. */
  readonly digest: Digest | undefined;
}

export function nameOf(reference: Reference): ImageName {
  const full = withDefaultTag(reference);
  const repository = repositoryName(full);
  if (full.digest === undefined) return { text: formatReference(full), repository, digest: undefined };
  return { text: `${repository}@${full.digest}`, repository, digest: full.digest };
}

/** Reads back {@link ImageName.text}, as the tables hold it. */
export function parseName(text: string): ImageName {
  const at = text.indexOf('@');
  if (at >= 0) return { text, repository: text.slice(0, at), digest: text.slice(at + 1) as Digest };
  return { text, repository: text.slice(0, text.lastIndexOf(':')), digest: undefined };
}

/** As people write it: `ubuntu:14.04` for `docker.io/library/ubuntu:14.04`. Takes only what the tables hold. */
export function familiarText(text: string): string {
  if (!text.startsWith('docker.io/')) return text;
  const official = text.startsWith('library/', 10) && text.indexOf('/', 18) < 0;
  return text.slice(official ? 18 : 10);
}

/** What the name points to. */
export function imageIdOf(db: Database, { text, repository, digest }: ImageName): Digest | undefined {
  const row =
    digest === undefined
      ? db.get<{ image_id: Digest }>('SELECT image_id FROM tags WHERE name = ?', text)
      : db.get<{ image_id: Digest }>(
          'SELECT image_id FROM repo_digests WHERE name = ? AND digest = ?',
          repository,
          digest,
        );
  return row?.image_id;
}

/** All names of an image, in Docker's order: by their full text, so that tags of a repository come before its digests. */
export function namesOf(db: Database, imageId: Digest): ImageName[] {
  return db
    .all<{ name: string }>(
      `SELECT name FROM tags WHERE image_id = ?1
       UNION ALL SELECT name || '@' || digest FROM repo_digests WHERE image_id = ?1 ORDER BY 1`,
      imageId,
    )
    .map(({ name }) => parseName(name));
}

/** Whether all names are of one repository, with one tag at most. Docker: isSingleReference. */
export function isSingleReference(names: readonly ImageName[]): boolean {
  const tags = names.filter(({ digest }) => digest === undefined);
  return (
    names.length > 0 && tags.length <= 1 && new Set(names.map(({ repository }) => repository)).size === 1
  );
}

/** @throws LamellaError invalid, in Docker's words, for a reference that cannot be given to an image as its tag */
export function assertTaggable(reference: Reference): void {
  if (reference.digest !== undefined) {
    throw new LamellaError('invalid', 'refusing to create a tag with a digest reference', {
      code: 'tag-with-digest',
    });
  }
  if (familiarName(reference) === 'sha256') {
    throw new LamellaError('invalid', 'refusing to create an ambiguous tag using digest algorithm as name', {
      code: 'tag-ambiguous',
    });
  }
}
