import type { Database } from '../db/database.ts';

/** The newest so many operations stay; older ones for so long (milliseconds), but never more than so many. */
const alwaysKept = 1_000;
const keptFor = 30 * 86_400_000;
const mostKept = 10_000;

/**
 * Bounds the log. Beyond the bound stays what undo can still take back, and what it looks at for that: of each name
 * and each image that is here at most a few operations.
 *
 * An undo and what it has undone go together: alone, each would mean something else.
 *
 * @returns how many operations went
 */
export function trimOperations(db: Database, now: number): number {
  const old = idBehind(db, alwaysKept);
  if (old === undefined) return 0;
  const surplus = idBehind(db, mostKept) ?? 0;
  const read = (): OperationRow[] => goingOperations(db, { old, surplus, before: now - keptFor });
  if (read().length === 0) return 0;
  return db.transaction(
    () => {
      // Undone ones last: what has undone them names them.
      const going = read().toSorted((a, b) => b.id - a.id);
      for (const { id } of going) {
        db.run('DELETE FROM moves WHERE operation = ?', id);
        db.run('DELETE FROM operations WHERE id = ?', id);
      }
      return going.length;
    },
    { durable: false },
  );
}

interface OperationRow {
  readonly id: number;
  /** What this one has undone, and what has undone this one. */
  readonly undoes: number | null;
  readonly undoneBy: number | null;
}

/** Of the newest operation that has `count` newer ones. */
function idBehind(db: Database, count: number): number | undefined {
  return db.get<{ id: number }>('SELECT id FROM operations ORDER BY id DESC LIMIT 1 OFFSET ?', count)?.id;
}

function goingOperations(
  db: Database,
  { old, surplus, before }: { old: number; surplus: number; before: number },
): OperationRow[] {
  const found = db.all<OperationRow>(idleOperations, old, before, surplus);
  const ids = new Set(found.map(({ id }) => id));
  return found.filter(
    ({ undoes, undoneBy }) =>
      (undoes === null || ids.has(undoes)) && (undoneBy === null || ids.has(undoneBy)),
  );
}

/**
 * Those beyond the bound of which undo needs nothing. It needs one that
 *
 *     counts     is no undo, and has not been undone
 *     stands     no name that it has moved was moved since by another that counts
 *     is whole   every image that it moved a name from, or removed, is here
 *     did more   than bring or remove images that are not here any more
 *
 * and one that brought an image which is here: whether that came before another decides what an undo takes along.
 */
const idleOperations = `
  SELECT id, undoes, (SELECT id FROM operations WHERE undoes = o.id) AS undoneBy FROM operations o
  WHERE ((id <= ?1 AND at < ?2) OR id <= ?3)
    AND NOT EXISTS (SELECT 1 FROM moves m JOIN images i ON i.id = m.to_id WHERE m.operation = o.id AND m.name = '')
    AND NOT (
      undoes IS NULL AND NOT EXISTS (SELECT 1 FROM operations WHERE undoes = o.id)
      AND NOT EXISTS (
        SELECT 1 FROM moves m JOIN moves later ON later.name = m.name AND later.sequence > m.sequence AND later.name <> ''
        JOIN operations other ON other.id = later.operation
        WHERE m.operation = o.id AND other.id <> o.id AND other.undoes IS NULL
          AND NOT EXISTS (SELECT 1 FROM operations WHERE undoes = other.id)
      )
      AND NOT EXISTS (
        SELECT 1 FROM moves m WHERE m.operation = o.id AND m.from_id IS NOT NULL
          AND NOT EXISTS (SELECT 1 FROM images WHERE id = m.from_id)
      )
      AND EXISTS (
        SELECT 1 FROM moves m WHERE m.operation = o.id
          AND (m.name <> '' OR EXISTS (SELECT 1 FROM images WHERE id IN (m.from_id, m.to_id)))
      )
    )`;
