import type { DatabaseSync } from 'node:sqlite';
import { LamellaError } from '../base/errors.ts';
import { isBusy } from './database-error.ts';

/**
 * Brings the schema to the newest version. Of several processes that start at once one does it, the others wait for it
 * and find it done.
 */
export function migrate(connection: DatabaseSync, path: string, migrations: readonly string[]): void {
  if (upToDate(connection, path, migrations)) return;
  connection.exec('BEGIN IMMEDIATE');
  try {
    if (!upToDate(connection, path, migrations)) {
      for (const statements of migrations.slice(schemaVersion(connection))) connection.exec(statements);
      connection.exec(`PRAGMA user_version = ${migrations.length}`);
    }
    connection.exec('COMMIT');
  } catch (error) {
    if (connection.isTransaction) connection.exec('ROLLBACK');
    throw error;
  }
}

function upToDate(connection: DatabaseSync, path: string, migrations: readonly string[]): boolean {
  const version = schemaVersion(connection);
  if (version > migrations.length) {
    throw new LamellaError(
      'unsupported',
      `the store was written by a newer lamella: ${path} has version ${version}, this program knows ${migrations.length}`,
      { code: 'store-too-new', hint: 'Update lamella, or choose another store with --root.' },
    );
  }
  return version === migrations.length;
}

function schemaVersion(connection: DatabaseSync): number {
  return Number(connection.prepare('PRAGMA user_version').get()?.['user_version']);
}

/**
 * The journal mode is a property of the file, set once. Where two processes set it at the same moment SQLite refuses
 * one of them at once, without waiting (sqlite.org/wal.html), so this waits itself.
 */
export function useWriteAheadLog(connection: DatabaseSync): void {
  for (let attempt = 0; ; attempt += 1) {
    try {
      connection.exec('PRAGMA journal_mode = WAL');
      return;
    } catch (error) {
      if (!isBusy(error) || attempt === 200) throw error;
      pause(5 + attempt);
    }
  }
}

function pause(milliseconds: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, milliseconds);
}
