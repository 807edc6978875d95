import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type TestContext } from 'node:test';
import { isLamellaError } from '../base/errors.ts';
import { type Database, openDatabase } from './database.ts';
import { migrations } from './schema.ts';

const first = 'CREATE TABLE t (a INTEGER PRIMARY KEY, b TEXT) STRICT';

function temporaryPath(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'lamella-db-'));
  t.after(() => rmSync(folder, { recursive: true }));
  return join(folder, 'lamella.db');
}

function openTemporary(t: TestContext): Database {
  const db = openDatabase(temporaryPath(t), [first]);
  t.after(() => db.close());
  return db;
}

test('openDatabase() keeps a write-ahead log, syncs fully and enforces foreign keys', (t) => {
  const db = openTemporary(t);
  assert.equal(db.get<{ journal_mode: string }>('PRAGMA journal_mode')?.journal_mode, 'wal');
  assert.equal(db.get<{ synchronous: number }>('PRAGMA synchronous')?.synchronous, 2);
  assert.equal(db.get<{ foreign_keys: number }>('PRAGMA foreign_keys')?.foreign_keys, 1);
});

test('openDatabase() applies only the migrations that are missing', (t) => {
  const path = temporaryPath(t);
  openDatabase(path, [first]).close();
  using db = openDatabase(path, [first, 'ALTER TABLE t ADD COLUMN c TEXT']);
  db.run('INSERT INTO t (a, c) VALUES (1, ?)', 'new');
  assert.equal(db.get<{ c: string }>('SELECT c FROM t')?.c, 'new');
});

test('a migration that fails leaves the version and the tables as they were', (t) => {
  const path = temporaryPath(t);
  openDatabase(path, [first]).close();
  assert.throws(() => openDatabase(path, [first, 'CREATE TABLE u (a); SELECT nonsense']));
  using db = openDatabase(path, [first]);
  assert.equal(db.get("SELECT 1 FROM sqlite_schema WHERE name = 'u'"), undefined);
});

test('openDatabase() refuses a store that a newer program wrote', (t) => {
  const path = temporaryPath(t);
  openDatabase(path, [first, 'CREATE TABLE u (a)']).close();
  assert.throws(
    () => openDatabase(path, [first]),
    (error) =>
      isLamellaError(error, 'unsupported') && error.code === 'store-too-new' && error.hint !== undefined,
  );
});

test('openDatabase() says that a file of other content is damaged, and what to do', (t) => {
  const path = temporaryPath(t);
  writeFileSync(path, 'this is not a database, but it is longer than a hundred bytes '.repeat(40));
  assert.throws(
    () => openDatabase(path, [first]),
    (error) =>
      isLamellaError(error, 'corrupt') && error.code === 'store-corrupt' && /aside/.test(error.hint ?? ''),
  );
});

test('openDatabase() names the path when the folder is not there', (t) => {
  const path = join(temporaryPath(t), 'no', 'such', 'lamella.db');
  assert.throws(
    () => openDatabase(path, [first]),
    (error) => isLamellaError(error, 'forbidden') && error.message.includes(path),
  );
});

test('a transaction that throws changes nothing', (t) => {
  const db = openTemporary(t);
  assert.throws(() =>
    db.transaction(() => {
      db.run('INSERT INTO t (b) VALUES (?)', 'x');
      throw new Error('no');
    }),
  );
  assert.deepEqual(db.all('SELECT * FROM t'), []);
});

test('a nested transaction that throws takes back its own changes only', (t) => {
  const db = openTemporary(t);
  db.transaction(() => {
    db.run('INSERT INTO t (b) VALUES (?)', 'outer');
    assert.throws(() =>
      db.transaction(() => {
        db.run('INSERT INTO t (b) VALUES (?)', 'inner');
        throw new Error('no');
      }),
    );
    db.transaction(() => db.run('INSERT INTO t (b) VALUES (?)', 'second'));
  });
  assert.deepEqual(
    db.all<{ b: string }>('SELECT b FROM t ORDER BY a').map((row) => row.b),
    ['outer', 'second'],
  );
});

test('a transaction refuses to wait for a promise', (t) => {
  const db = openTemporary(t);
  assert.throws(
    () => db.transaction(() => Promise.resolve(db.run('INSERT INTO t (b) VALUES (?)', 'x'))),
    TypeError,
  );
  assert.deepEqual(db.all('SELECT * FROM t'), []);
});

test('a transaction that need not be durable leaves the next one durable', (t) => {
  const db = openTemporary(t);
  const insert = (): number => db.run("INSERT INTO t (b) VALUES ('x')");
  db.transaction(insert, { durable: false });
  assert.equal(db.get<{ synchronous: number }>('PRAGMA synchronous')?.synchronous, 2);
  assert.equal(db.all('SELECT * FROM t').length, 1);
});

test('run() gives the number of rows that changed', (t) => {
  const db = openTemporary(t);
  db.run("INSERT INTO t (b) VALUES ('x'), ('y')");
  assert.equal(db.run("UPDATE t SET b = 'z'"), 2);
  assert.equal(db.run("DELETE FROM t WHERE b = 'none'"), 0);
});

test('the schema of the store can be made, and made again without harm', (t) => {
  const path = temporaryPath(t);
  openDatabase(path, migrations).close();
  using db = openDatabase(path, migrations);
  assert.equal(db.get<{ n: number }>("SELECT count(*) AS n FROM sqlite_schema WHERE name = 'images'")?.n, 1);
});

test('opening an existing store takes few milliseconds', (t) => {
  const path = temporaryPath(t);
  openDatabase(path, migrations).close();
  const times = Array.from({ length: 9 }, () => {
    const start = performance.now();
    openDatabase(path, migrations).close();
    return performance.now() - start;
  }).sort((a, b) => a - b);
  const median = times[4] ?? Infinity;
  t.diagnostic(`median ${median.toFixed(1)} ms`);
  assert.ok(median < 50, `median ${median} ms`);
});
