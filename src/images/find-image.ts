import { LamellaError } from '../base/errors.ts';
import type { Database } from '../db/database.ts';
import { type Digest, isDigest } from '../oci/digest.ts';
import { familiarReference, parseReference, withDefaultTag } from '../oci/reference.ts';
import { type ImageRecord, imagesByPrefix, readImage } from './image-record.ts';
import { imageIdOf, nameOf } from './names.ts';

/**
 * The image that a person means, in Docker's order: a whole ID, a name, then the beginning of an ID. `NAME@{2}` is what
 * the tag pointed to two moves ago; that image may have been removed since, and is found while it can be restored.
 *
 * @throws LamellaError not-found `image-not-found` or `image-ambiguous`, invalid `reference-invalid`
 */
export function findImage(
  db: Database,
  text: string,
  { removed = false }: { /** Also one that was removed, by its whole ID. */ removed?: boolean } = {},
): ImageRecord {
  const past = /^(.+)@\{(\d{1,9})\}$/.exec(text);
  if (past !== null) return findPast(db, past[1] ?? '', Number(past[2]));
  const id = /^[0-9a-f]{64}$/.test(text) ? `sha256:${text}` : text;
  if (isDigest(id)) {
    const image = readImage(db, id);
    return image === undefined || (image.removedAt !== undefined && !removed) ? fail(id) : image;
  }
  const reference = withDefaultTag(parseReference(text));
  const named = imageIdOf(db, nameOf(reference));
  if (named !== undefined) return readImage(db, named) ?? fail(familiarReference(reference));
  const [found, another] = byIdPrefix(db, text);
  if (found === undefined) return fail(familiarReference(reference));
  if (another !== undefined) throw ambiguous(familiarReference(reference), found.id, another.id);
  return found;
}

function findPast(db: Database, name: string, movesAgo: number): ImageRecord {
  const reference = withDefaultTag(parseReference(name));
  const move = db.get<{ to_id: Digest | null }>(
    'SELECT to_id FROM moves WHERE name = ? ORDER BY sequence DESC LIMIT 1 OFFSET ?',
    nameOf(reference).text,
    movesAgo,
  );
  const shown = `${familiarReference(reference)}@{${movesAgo}}`;
  if (move === undefined)
    return fail(shown, `The log of this tag is shorter: see tag --log ${familiarReference(reference)}.`);
  if (move.to_id === null) return fail(shown, 'The tag had been removed at that point.');
  return readImage(db, move.to_id) ?? fail(shown, 'Its content has been collected.');
}

function byIdPrefix(db: Database, text: string): ImageRecord[] {
  const hex = text.startsWith('sha256:') ? text.slice(7) : text;
  return /^[0-9a-f]+$/.test(hex) ? imagesByPrefix(db, hex, 2) : [];
}

function fail(name: string, hint?: string): never {
  throw new LamellaError('not-found', `No such image: ${name}`, {
    code: 'image-not-found',
    ...(hint !== undefined && { hint }),
  });
}

/** Docker finds nothing where it could be several, and says no more; the hint does. */
function ambiguous(name: string, ...ids: readonly Digest[]): LamellaError {
  return new LamellaError('not-found', `No such image: ${name}`, {
    code: 'image-ambiguous',
    hint: `Several images' IDs begin like this, ${ids.join(' and ')} among them: give more digits.`,
  });
}
