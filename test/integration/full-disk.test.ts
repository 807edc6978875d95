import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, rmdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type TestContext } from 'node:test';
import { isLamellaError } from '../../src/base/errors.ts';
import type { ByteStream } from '../../src/base/streams.ts';
import { createDiskBlobStore } from '../../src/blobs/disk-blob-store.ts';
import { openDatabase } from '../../src/db/database.ts';
import { migrations } from '../../src/db/schema.ts';

/** A folder on a disk of 2 MiB, or the reason why there is none. */
function smallDisk(t: TestContext): { root: string } | { reason: string } {
  if (process.platform !== 'linux' || process.getuid?.() !== 0)
    return { reason: 'mounting a small disk needs root' };
  const root = mkdtempSync(join(tmpdir(), 'lamella-full-'));
  const { status, stderr } = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=2m', 'tmpfs', root], {
    encoding: 'utf8',
  });
  if (status !== 0) {
    rmdirSync(root);
    return { reason: `cannot mount a tmpfs: ${stderr}` };
  }
  t.after(() => {
    spawnSync('umount', [root]);
    rmdirSync(root);
  });
  return { root };
}

async function* zeros(mebibytes: number): ByteStream {
  for (let n = 0; n < mebibytes * 16; n += 1) yield new Uint8Array(65_536);
}

const isNoSpace = (error: unknown): boolean => isLamellaError(error, 'no-space') && error.code === 'no-space';

test('a blob that the disk has no room for is refused as that, and leaves nothing', async (t) => {
  const disk = smallDisk(t);
  if ('reason' in disk) return t.skip(disk.reason);
  using db = openDatabase(join(disk.root, 'lamella.db'), migrations);
  const blobs = createDiskBlobStore({ root: disk.root, db });
  const { digest } = await blobs.putBytes(Buffer.from('before'));
  await assert.rejects(blobs.put(zeros(4)), isNoSpace);
  assert.deepEqual(readdirSync(join(disk.root, 'ingest')), []);
  assert.deepEqual(
    blobs.list().map((blob) => blob.digest),
    [digest],
  );
  await blobs.putBytes(Buffer.from('after'));
});

test('a transaction that the disk has no room for changes nothing, and the next one works', (t) => {
  const disk = smallDisk(t);
  if ('reason' in disk) return t.skip(disk.reason);
  using db = openDatabase(join(disk.root, 'lamella.db'), migrations);
  const filler = join(disk.root, 'filler');
  const insert = (digest: string): number =>
    db.run('INSERT INTO blobs (digest, size, created_at) VALUES (?, 1, 1)', digest);
  insert('sha256:before');
  try {
    writeFileSync(filler, Buffer.alloc(4 << 20));
  } catch {
    // It is full now, which is the point.
  }
  assert.throws(
    () =>
      db.transaction(() => {
        for (let n = 0; n < 5000; n += 1) insert(`sha256:${String(n).padStart(200, '0')}`);
      }),
    isNoSpace,
  );
  rmSync(filler);
  assert.equal(db.get<{ n: number }>('SELECT count(*) AS n FROM blobs')?.n, 1);
  insert('sha256:after');
  assert.equal(db.get<{ n: number }>('SELECT count(*) AS n FROM blobs')?.n, 2);
});
