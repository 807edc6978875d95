import assert from 'node:assert/strict';
import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { mkdir, utimes } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import test, { type TestContext } from 'node:test';
import { isLamellaError } from '../base/errors.ts';
import { type ByteStream, collectBytes } from '../base/streams.ts';
import { type Database, openDatabase } from '../db/database.ts';
import { migrations } from '../db/schema.ts';
import { digestHex, digestOf } from '../oci/digest.ts';
import type { BlobStore } from './blob-store.ts';
import { createDiskBlobStore } from './disk-blob-store.ts';
import { createIngest } from './ingest.ts';
import { createMemoryBlobStore } from './memory-blob-store.ts';

interface DiskStore {
  readonly root: string;
  readonly db: Database;
  readonly blobs: BlobStore;
}

function diskStore(t: TestContext): DiskStore {
  const root = mkdtempSync(join(tmpdir(), 'lamella-blobs-'));
  const db = openDatabase(join(root, 'lamella.db'), migrations);
  t.after(() => {
    db.close();
    rmSync(root, { recursive: true });
  });
  return { root, db, blobs: createDiskBlobStore({ root, db }) };
}

async function* pieces(...texts: readonly string[]): ByteStream {
  for (const text of texts) yield Buffer.from(text);
}

const withCode =
  (code: string) =>
  (error: unknown): boolean =>
    isLamellaError(error) && error.code === code;

const implementations: readonly [name: string, make: (t: TestContext) => BlobStore][] = [
  ['disk', (t) => diskStore(t).blobs],
  ['memory', () => createMemoryBlobStore()],
];

for (const [name, make] of implementations) {
  test(`${name}: what was put is read back by its digest`, async (t) => {
    const blobs = make(t);
    const { digest, size } = await blobs.put(pieces('one ', 'two'));
    assert.deepEqual([digest, size], [digestOf('one two'), 7]);
    assert.equal(String(await collectBytes(await blobs.get(digest), 100)), 'one two');
    assert.equal(String(await blobs.read(digest)), 'one two');
    assert.equal(blobs.has(digest), true);
    assert.equal(blobs.stat(digest)?.size, 7);
    assert.deepEqual(
      blobs.list().map((info) => info.digest),
      [digest],
    );
  });

  test(`${name}: a file that is complete becomes a blob, and moves`, async (t) => {
    const blobs = make(t);
    const folder = mkdtempSync(join(tmpdir(), 'lamella-adopt-'));
    t.after(() => rmSync(folder, { recursive: true }));
    const path = join(folder, 'download');
    writeFileSync(path, 'whole');
    await blobs.adopt(path, { digest: digestOf('whole'), size: 5 });
    assert.equal(existsSync(path), false);
    assert.equal(String(await blobs.read(digestOf('whole'))), 'whole');
  });

  test(`${name}: an empty blob is a blob`, async (t) => {
    const blobs = make(t);
    const { digest } = await blobs.put(pieces());
    assert.equal((await collectBytes(await blobs.get(digest), 1)).byteLength, 0);
  });

  test(`${name}: put() with another digest or size than expected stores nothing`, async (t) => {
    const blobs = make(t);
    await assert.rejects(blobs.put(pieces('x'), { digest: digestOf('y') }), withCode('digest-mismatch'));
    await assert.rejects(blobs.put(pieces('xyz'), { size: 4 }), withCode('size-mismatch'));
    await assert.rejects(blobs.put(pieces('xyz'), { size: 2 }), withCode('size-mismatch'));
    assert.deepEqual(blobs.list(), []);
  });

  test(`${name}: put() leaves an endless stream at its first byte too many`, async (t) => {
    const blobs = make(t);
    let given = 0;
    async function* endless(): ByteStream {
      for (;;) {
        given += 1000;
        yield new Uint8Array(1000);
      }
    }
    await assert.rejects(blobs.put(endless(), { size: 2500 }), withCode('size-mismatch'));
    assert.equal(given, 3000);
  });

  test(`${name}: put() stores nothing of a stream that fails or is cancelled`, async (t) => {
    const blobs = make(t);
    async function* failing(): ByteStream {
      yield Buffer.from('half');
      throw new Error('connection lost');
    }
    await assert.rejects(blobs.put(failing()), /connection lost/);
    await assert.rejects(blobs.put(pieces('x'), { signal: AbortSignal.abort() }), { name: 'AbortError' });
    assert.deepEqual(blobs.list(), []);
  });

  test(`${name}: an unknown digest is not found`, async (t) => {
    const blobs = make(t);
    await assert.rejects(blobs.get(digestOf('none')), withCode('blob-unknown'));
    await assert.rejects(blobs.read(digestOf('none')), withCode('blob-unknown'));
    assert.equal(blobs.has(digestOf('none')), false);
    assert.equal(blobs.stat(digestOf('none')), undefined);
  });

  test(`${name}: read() refuses a blob over its limit`, async (t) => {
    const blobs = make(t);
    const { digest } = await blobs.putBytes(new Uint8Array(4097));
    await assert.rejects(blobs.read(digest, 4096), withCode('too-large'));
    assert.equal((await blobs.read(digest, 4097)).byteLength, 4097);
  });

  test(`${name}: a sha512 digest is as good`, async (t) => {
    const blobs = make(t);
    const { createHash } = await import('node:crypto');
    const { parseDigest } = await import('../oci/digest.ts');
    const digest = parseDigest(`sha512:${createHash('sha512').update('x').digest('hex')}`);
    await blobs.putBytes(Buffer.from('x'), { digest });
    assert.equal(String(await blobs.read(digest)), 'x');
  });
}

function fileOf(root: string, text: string): string {
  return join(root, 'blobs', 'sha256', digestHex(digestOf(text)));
}

test('disk: damage is an error at the end of the stream, and before anything with read()', async (t) => {
  const { root, blobs } = diskStore(t);
  const { digest } = await blobs.putBytes(Buffer.from('content'));
  writeFileSync(fileOf(root, 'content'), 'Content');
  await assert.rejects(blobs.read(digest), withCode('blob-corrupt'));
  const seen: string[] = [];
  await assert.rejects(async () => {
    for await (const piece of await blobs.get(digest)) seen.push(String(piece));
  }, withCode('blob-corrupt'));
});

test('disk: a file that is too short, too long or gone is damage', async (t) => {
  const { root, blobs } = diskStore(t);
  const { digest } = await blobs.putBytes(Buffer.from('content'));
  const readAll = async (): Promise<Buffer> => collectBytes(await blobs.get(digest), 100);
  truncateSync(fileOf(root, 'content'), 3);
  await assert.rejects(readAll(), withCode('blob-corrupt'));
  writeFileSync(fileOf(root, 'content'), 'content and more');
  await assert.rejects(readAll(), withCode('blob-corrupt'));
  rmSync(fileOf(root, 'content'));
  await assert.rejects(readAll(), withCode('blob-corrupt'));
  await assert.rejects(blobs.read(digest), withCode('blob-corrupt'));
});

test('disk: putting a blob again heals a damaged one', async (t) => {
  const { root, blobs } = diskStore(t);
  const { digest } = await blobs.putBytes(Buffer.from('content'));
  writeFileSync(fileOf(root, 'content'), 'damaged');
  await blobs.putBytes(Buffer.from('content'));
  assert.equal(String(await blobs.read(digest)), 'content');
});

test('disk: ingest/ is empty after puts, good and bad', async (t) => {
  const { root, blobs } = diskStore(t);
  await blobs.putBytes(Buffer.from('x'));
  await assert.rejects(blobs.putBytes(Buffer.from('x'), { size: 9 }));
  assert.deepEqual(readdirSync(join(root, 'ingest')), []);
});

test('disk: collect() removes files without a row and keeps those with one', async (t) => {
  const { root, db, blobs } = diskStore(t);
  await blobs.putBytes(Buffer.from('kept'));
  const { digest } = await blobs.putBytes(Buffer.from('dropped'));
  db.run('DELETE FROM blobs WHERE digest = ?', digest);
  assert.deepEqual(await blobs.collect(), { freed: 7 });
  assert.equal(existsSync(fileOf(root, 'dropped')), false);
  assert.equal(readFileSync(fileOf(root, 'kept'), 'utf8'), 'kept');
});

test('disk: collect() removes what dead processes left in ingest/, and leaves the living theirs', async (t) => {
  const { root, blobs } = diskStore(t);
  await using mine = await createIngest(root);
  await mkdir(join(root, 'ingest', 'dead'));
  writeFileSync(join(root, 'ingest', 'dead', 'owner'), 'another-boot/1/2/3');
  await mkdir(join(root, 'ingest', `new-${process.pid}-justmade`));
  await mkdir(join(root, 'ingest', 'trash-0123'));
  writeFileSync(join(root, 'ingest', 'trash-0123', 'file'), '');
  await utimes(mine.path, 0, 0);
  await blobs.collect();
  const left = new Set(readdirSync(join(root, 'ingest')));
  assert.deepEqual(left, new Set([`new-${process.pid}-justmade`, basename(mine.path)]));
});

test('disk: collect() works on a store that has nothing yet', async (t) => {
  assert.deepEqual(await diskStore(t).blobs.collect(), { freed: 0 });
});
