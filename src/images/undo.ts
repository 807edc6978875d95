import { LamellaError } from '../base/errors.ts';
import { type Digest, digestHex } from '../oci/digest.ts';
import { familiarReference, type Reference, withDefaultTag } from '../oci/reference.ts';
import type { ImageContext } from './context.ts';
import { readImage } from './image-record.ts';
import { familiarText, imageIdOf, nameOf, namesOf, parseName } from './names.ts';
import { type Mover, newOperation, operate } from './operations.ts';
import { childrenOf, containerUsing } from './usage.ts';

/** One move of a tag, as the log shows it. */
export interface TagMove {
  /** 0 is the newest: what `NAME@{0}` names. */
  readonly index: number;
  readonly name: string;
  readonly from: Digest | undefined;
  readonly to: Digest | undefined;
  readonly command: string;
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly who: string;
}

export interface UndoReport {
  /** The command that was taken back. */
  readonly command: string;
  /** How its tags and digest references moved now; `to` is where they stand. */
  readonly moves: readonly TagMove[];
  /** Images that are back. */
  readonly restored: readonly Digest[];
}

interface MoveRow {
  readonly name: string;
  readonly from_id: Digest | null;
  readonly to_id: Digest | null;
}

/** All moves of a tag, newest first. */
export function tagLog({ db }: ImageContext, reference: Reference): TagMove[] {
  const name = nameOf(reference).text;
  return db
    .all<MoveRow & { command: string; at: number; who: string }>(
      `SELECT m.name, m.from_id, m.to_id, o.command, o.at, o.who FROM moves m JOIN operations o ON o.id = m.operation
       WHERE m.name = ? ORDER BY m.sequence DESC`,
      name,
    )
    .map((row, index) => ({
      index,
      name: familiarText(row.name),
      from: row.from_id ?? undefined,
      to: row.to_id ?? undefined,
      command: row.command,
      at: row.at,
      who: row.who,
    }));
}

/**
 * Takes back the newest operation that has not been taken back yet, or the newest that moved `reference`: every name
 * points where it did before, what was removed is back, and an image that came goes again unless something else uses it.
 * All of it or nothing. An undo is an operation of its own, of which the next undo takes no notice: it goes further back.
 *
 * @throws LamellaError not-found `nothing-to-undo`; conflict `undo-moved` where a name has moved since, `undo-collected`
 *   where content is gone
 */
export function undo(context: ImageContext, reference?: Reference): UndoReport {
  return context.db.transaction(() => {
    const target = newestOperation(context, reference);
    const rows = context.db.all<MoveRow>(
      'SELECT name, from_id, to_id FROM moves WHERE operation = ? ORDER BY sequence DESC',
      target.id,
    );
    const restored: Digest[] = [];
    const moves: Omit<TagMove, 'command' | 'at' | 'who'>[] = [];
    operate(
      context,
      newOperation('undo'),
      (mover) => {
        for (const row of rows) {
          if (row.name === '') restored.push(...takeBackImage(context, mover, row, target));
          else moves.push(takeBackName(context, mover, row, target.command));
        }
      },
      { undoes: target.id },
    );
    const signature = { command: 'undo', at: context.now(), who: context.who };
    return { command: target.command, moves: moves.map((move) => ({ ...move, ...signature })), restored };
  });
}

function newestOperation(
  { db }: ImageContext,
  reference: Reference | undefined,
): { id: number; command: string } {
  const name = reference && nameOf(reference).text;
  const operation = db.get<{ id: number; command: string }>(
    `SELECT o.id, o.command FROM operations o
     WHERE o.undoes IS NULL AND NOT EXISTS (SELECT 1 FROM operations u WHERE u.undoes = o.id)
       AND (?1 IS NULL OR EXISTS (SELECT 1 FROM moves m WHERE m.operation = o.id AND m.name = ?1))
     ORDER BY o.id DESC LIMIT 1`,
    name ?? null,
  );
  if (operation !== undefined) return operation;
  const what = reference === undefined ? '' : ` for ${familiarReference(withDefaultTag(reference))}`;
  throw new LamellaError('not-found', `nothing to undo${what}`, { code: 'nothing-to-undo' });
}

function takeBackName(
  context: ImageContext,
  mover: Mover,
  row: MoveRow,
  command: string,
): Omit<TagMove, 'command' | 'at' | 'who'> {
  const name = parseName(row.name);
  const familiar = familiarText(row.name);
  const from = row.to_id ?? undefined;
  const to = row.from_id ?? undefined;
  if (imageIdOf(context.db, name) !== from) {
    throw new LamellaError('conflict', `cannot undo ${command}: ${familiar} has moved since`, {
      code: 'undo-moved',
      hint: `See tag --log ${familiar}, and give it the image you want: tag ${familiar}@{1} ${familiar}.`,
    });
  }
  if (to !== undefined) revive(context, mover, to, command);
  mover.point(name, to);
  return { index: 0, name: familiar, from, to };
}

/** @returns the image, where it is back */
function takeBackImage(
  context: ImageContext,
  mover: Mover,
  row: MoveRow,
  operation: { id: number; command: string },
): Digest[] {
  if (row.from_id !== null) return revive(context, mover, row.from_id, operation.command);
  if (row.to_id !== null && isUnused(context, row.to_id, operation.id)) mover.leave(row.to_id);
  return [];
}

function revive({ db }: ImageContext, mover: Mover, id: Digest, command: string): Digest[] {
  const image = readImage(db, id);
  if (image === undefined) {
    const short = digestHex(id).slice(0, 12);
    throw new LamellaError(
      'conflict',
      `cannot undo ${command}: the content of image ${short} has been collected`,
      {
        code: 'undo-collected',
        hint: 'Load, import or pull it again.',
      },
    );
  }
  if (image.removedAt === undefined) return [];
  mover.arrive(id);
  return [id];
}

/** Images made from this one keep it only where they came later: those from before did without it then, too. */
function isUnused({ db }: ImageContext, id: Digest, operation: number): boolean {
  const cameLater = (child: Digest): boolean =>
    db.get(`SELECT 1 FROM moves WHERE name = '' AND to_id = ? AND operation > ?`, child, operation) !==
    undefined;
  return (
    readImage(db, id)?.removedAt === undefined &&
    namesOf(db, id).length === 0 &&
    !childrenOf(db, id).some(cameLater) &&
    containerUsing(db, id, 'any') === undefined
  );
}
