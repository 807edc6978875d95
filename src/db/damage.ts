import { isLamellaError } from '../base/errors.ts';
import type { Database } from './database.ts';

const keys = { layers: 'diff_id', blobs: 'digest' } as const;

/** Keeps what a check has found for whoever brings content next; in a store that is only read, nobody will. */
export function rememberDamage(
  db: Database,
  { table, digest, isDamaged }: { table: keyof typeof keys; digest: string; isDamaged: boolean },
): void {
  const changed = isDamaged ? 'damaged_at IS NULL' : 'damaged_at IS NOT NULL';
  const row = `${keys[table]} = ? AND ${changed}`;
  if (db.get(`SELECT 1 FROM ${table} WHERE ${row}`, digest) === undefined) return;
  try {
    db.run(`UPDATE ${table} SET damaged_at = ${isDamaged ? Date.now() : 'NULL'} WHERE ${row}`, digest);
  } catch (error) {
    if (!isLamellaError(error, 'forbidden')) throw error;
  }
}
