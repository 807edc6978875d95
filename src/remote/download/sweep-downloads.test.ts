import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, rmSync, utimesSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'node:test';
import { digestOf } from '../../oci/digest.ts';
import { createDownloads } from './downloads.ts';
import { sweepDownloads } from './sweep-downloads.ts';

test('what nobody goes on with is removed when it is old, but never while a pull runs', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'lamella-sweep-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const downloads = createDownloads(folder);
  {
    await using blob = await downloads.open(digestOf('x'), 10_000);
    await blob.write(Buffer.alloc(5000), 0);
  }
  const left = (): string[] => readdirSync(folder).filter((name) => name !== 'locks');
  const hour = 3_600_000;
  assert.equal(await sweepDownloads(folder, { age: hour }), 0);
  assert.equal(left().length, 2);
  for (const name of left()) utimesSync(join(folder, name), new Date(), new Date(Date.now() - 2 * hour));
  {
    await using _ = await downloads.use();
    assert.equal(await sweepDownloads(folder, { age: hour }), 0);
  }
  const would = await sweepDownloads(folder, { age: hour, dryRun: true });
  assert.equal(left().length, 2);
  assert.ok(would >= 8192);
  assert.equal(await sweepDownloads(folder, { age: hour }), would);
  assert.deepEqual(left(), []);
});

test('a blob that was complete when its pull died is not fetched again', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'lamella-sweep-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const downloads = createDownloads(folder);
  const digest = digestOf('whole');
  {
    await using blob = await downloads.open(digest, 5);
    await blob.write(Buffer.from('whole'), 0);
    await blob.finish();
  }
  assert.notEqual(await downloads.findVerified(digest), undefined);
  await using blob = await downloads.open(digest, 5);
  assert.equal(blob.record.received, 5);
  assert.equal(Buffer.concat(await Array.fromAsync(blob.read())).toString(), 'whole');
});
