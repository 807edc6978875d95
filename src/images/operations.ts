import type { Digest } from '../oci/digest.ts';
import type { ImageContext } from './context.ts';
import { imageIdOf, type ImageName } from './names.ts';

/**
 * What a person did with one command: the moves that belong together in the log, and that undo takes back together. A
 * command that calls the store several times (`load` of an archive with many images) gives the same operation to each.
 */
export interface Operation {
  readonly command: string;
  /** Set once the first move is stored. */
  id?: number;
}

export function newOperation(command: string): Operation {
  return { command };
}

/** Moves names, and writes down each move. What does not change anything is not a move. */
export interface Mover {
  /** Lets a name point to an image, or to nothing. Gives what it pointed to. */
  point(name: ImageName, to: Digest | undefined): Digest | undefined;
  /** The image came into the store, or came back. */
  arrive(id: Digest): void;
  /** The image was removed; it is restorable until the collector takes it. */
  leave(id: Digest): void;
}

/** Runs `action` in one transaction, as (a part of) an operation. */
export function operate<T>(
  context: ImageContext,
  operation: Operation,
  action: (mover: Mover) => T,
  { undoes }: { undoes?: number } = {},
): T {
  const { db, now, who } = context;
  let id = operation.id;

  function operationId(): number {
    id ??= db.get<{ id: number }>(
      'INSERT INTO operations (command, at, who, undoes) VALUES (?, ?, ?, ?) RETURNING id',
      operation.command,
      now(),
      who,
      undoes ?? null,
    )?.id;
    return id ?? 0;
  }

  function write(name: string, from: Digest | undefined, to: Digest | undefined): void {
    db.run(
      'INSERT INTO moves (operation, name, from_id, to_id) VALUES (?, ?, ?, ?)',
      operationId(),
      name,
      from ?? null,
      to ?? null,
    );
  }

  const mover: Mover = {
    point(name, to) {
      const from = imageIdOf(db, name);
      if (from === to) return from;
      setName(context, name, to);
      write(name.text, from, to);
      return from;
    },
    arrive(imageId) {
      db.run('UPDATE images SET removed_at = NULL WHERE id = ?', imageId);
      write('', undefined, imageId);
    },
    leave(imageId) {
      db.run('UPDATE images SET removed_at = ? WHERE id = ?', now(), imageId);
      write('', imageId, undefined);
    },
  };

  const result = db.transaction(() => action(mover));
  // Only now: had the transaction failed, the row of this number would not be there.
  if (id !== undefined) operation.id = id;
  return result;
}

function setName(
  { db, now }: ImageContext,
  { text, repository, digest }: ImageName,
  to: Digest | undefined,
): void {
  if (to === undefined) {
    if (digest === undefined) db.run('DELETE FROM tags WHERE name = ?', text);
    else db.run('DELETE FROM repo_digests WHERE name = ? AND digest = ?', repository, digest);
    return;
  }
  if (digest === undefined) {
    db.run(
      `INSERT INTO tags (name, image_id, tagged_at) VALUES (?1, ?2, ?3)
       ON CONFLICT (name) DO UPDATE SET image_id = ?2, tagged_at = ?3`,
      text,
      to,
      now(),
    );
    db.run('UPDATE images SET last_tagged_at = ? WHERE id = ?', now(), to);
  } else {
    db.run(
      `INSERT INTO repo_digests (name, digest, image_id) VALUES (?1, ?2, ?3)
       ON CONFLICT (name, digest) DO UPDATE SET image_id = ?3`,
      repository,
      digest,
      to,
    );
  }
}
