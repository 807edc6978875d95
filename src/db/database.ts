import { accessSync, constants, statSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { DatabaseSync, type SQLInputValue, type StatementSync } from 'node:sqlite';
import { translateDatabaseError, unreachable } from './database-error.ts';
import { migrate, useWriteAheadLog } from './migrate.ts';

type SqlValue = SQLInputValue;

/** One connection to the store's database. Everything is synchronous: a statement takes microseconds. */
export interface Database extends Disposable {
  readonly path: string;
  /** This process may only read it: the file belongs to somebody else, or is on a disk that is mounted read-only. */
  readonly isReadOnly: boolean;
  /** Runs a statement for its effect and gives the number of rows that changed. */
  run(sql: string, ...params: readonly SqlValue[]): number;
  /** The first row, or undefined where there is none. */
  get<Row>(sql: string, ...params: readonly SqlValue[]): Row | undefined;
  all<Row>(sql: string, ...params: readonly SqlValue[]): Row[];
  /**
   * Runs `action` under the store's one write lock: all of its changes become visible and durable together when it
   * returns, none where it throws. Inside another transaction it is a part of that one that can fail alone.
   *
   * Other processes wait meanwhile (up to 30 s), so `action` does no slow work; it cannot wait for a promise.
   */
  transaction<T>(action: () => T, options?: TransactionOptions): T;
  close(): void;
}

interface TransactionOptions {
  /**
   * False for what need not survive a power cut: it does not wait for the disk. Counts for a whole transaction, not for one
   * inside another. A later durable one makes durable what came before it.
   */
  readonly durable?: boolean;
}

/** How long a statement waits for another process's transaction to end, in milliseconds. */
const busyTimeout = 30_000;

/**
 * Opens the database at `path`, making it or bringing it up to date first; any number of processes may do so at once.
 * Where this process may not write the file, it is opened for reading only.
 *
 * Write-ahead logging: readers never wait. `synchronous=FULL`: what a transaction did survives a power cut.
 *
 * @param migrations statements that lead from one schema version to the next; as many of them as the version counts
 * @throws LamellaError unsupported `store-too-new`, forbidden `store-not-writable`, corrupt `store-corrupt`,
 *   unavailable `store-busy`
 */
export function openDatabase(path: string, migrations: readonly string[]): Database {
  const isReadOnly = mayOnlyRead(path);
  const connection = connect(path, isReadOnly);
  try {
    connection.exec('PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; PRAGMA temp_store = MEMORY');
    if (!isReadOnly) useWriteAheadLog(connection);
    migrate(connection, path, migrations);
  } catch (error) {
    connection.close();
    throw translateDatabaseError(error, path);
  }
  return databaseOver(connection, path, isReadOnly);
}

function mayOnlyRead(path: string): boolean {
  try {
    if (statSync(path, { throwIfNoEntry: false }) === undefined) return false;
  } catch (error) {
    throw unreachable(error, path);
  }
  try {
    accessSync(path, constants.W_OK);
    return false;
  } catch {
    return true;
  }
}

/**
 * Even who only reads needs to write beside a database with a write-ahead log, to tell others; unless nobody has it open,
 * which the absence of a log shows: then it counts as unchangeable (sqlite.org/wal.html, "Read-Only Databases").
 */
function connect(path: string, readOnly: boolean): DatabaseSync {
  try {
    if (!readOnly) return new DatabaseSync(path, { timeout: busyTimeout });
    const isAtRest = (statSync(`${path}-wal`, { throwIfNoEntry: false })?.size ?? 0) === 0;
    const url = new URL(`?${isAtRest ? 'immutable=1' : 'mode=ro'}`, pathToFileURL(path));
    return new DatabaseSync(url, { timeout: busyTimeout, readOnly });
  } catch (error) {
    throw translateDatabaseError(error, path);
  }
}

function databaseOver(connection: DatabaseSync, path: string, isReadOnly: boolean): Database {
  const statements = new Map<string, StatementSync>();
  let depth = 0;

  function translated<T>(action: () => T): T {
    try {
      return action();
    } catch (error) {
      throw translateDatabaseError(error, path);
    }
  }

  function prepared(sql: string): StatementSync {
    let statement = statements.get(sql);
    if (statement === undefined) {
      statement = connection.prepare(sql);
      statements.set(sql, statement);
    }
    return statement;
  }

  function transaction<T>(action: () => T, { durable = true }: TransactionOptions = {}): T {
    if (depth > 0)
      return within(`SAVEPOINT level${depth}`, action, rollbackTo(depth), `RELEASE level${depth}`);
    if (durable) return within('BEGIN IMMEDIATE', action, 'ROLLBACK', 'COMMIT');
    connection.exec('PRAGMA synchronous = NORMAL');
    try {
      return within('BEGIN IMMEDIATE', action, 'ROLLBACK', 'COMMIT');
    } finally {
      connection.exec('PRAGMA synchronous = FULL');
    }
  }

  function within<T>(begin: string, action: () => T, rollback: string, commit: string): T {
    translated(() => connection.exec(begin));
    depth += 1;
    try {
      const result = action();
      if (result instanceof Promise) throw new TypeError('a transaction cannot wait for a promise');
      translated(() => connection.exec(commit));
      return result;
    } catch (error) {
      // SQLite has rolled back by itself after some failures (a full disk, for one).
      if (connection.isTransaction) connection.exec(rollback);
      throw error;
    } finally {
      depth -= 1;
    }
  }

  function close(): void {
    if (connection.isOpen) connection.close();
  }

  return {
    path,
    isReadOnly,
    run: (sql, ...params) => translated(() => Number(prepared(sql).run(...params).changes)),
    get: <Row>(sql: string, ...params: readonly SqlValue[]) =>
      translated(() => prepared(sql).get(...params) as Row | undefined),
    all: <Row>(sql: string, ...params: readonly SqlValue[]) =>
      translated(() => prepared(sql).all(...params) as Row[]),
    transaction,
    close,
    [Symbol.dispose]: close,
  };
}

function rollbackTo(level: number): string {
  return `ROLLBACK TO level${level}; RELEASE level${level}`;
}
