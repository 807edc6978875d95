import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'node:test';
import { type ImageLab, insertLayer, layerDigest, openImageLab } from '../../test/support/images.ts';
import { createDiskBlobStore } from '../blobs/disk-blob-store.ts';
import { openDatabase } from '../db/database.ts';
import { createLease } from '../db/leases.ts';
import { migrations } from '../db/schema.ts';
import { digestOf } from '../oci/digest.ts';
import { type CollectionPlan, type Collector, createCollector, freeShareOf } from './collector.ts';

function openCollector(lab: ImageLab, { freeShare = 0.5 }: { freeShare?: number } = {}): Collector {
  return createCollector({
    db: lab.db,
    layers: { collect: async () => ({ freed: 0 }) },
    blobs: lab.blobs,
    now: () => lab.clock,
    freeShare: async () => freeShare,
  });
}

function layersIn(plan: CollectionPlan): Set<string> {
  return new Set(plan.layers.map(({ digest }) => digest));
}

const now = { undoWindow: 0 };

test('a removed image stays for an hour, then goes with all that it alone had', async (t) => {
  const lab = openImageLab(t);
  const collector = openCollector(lab);
  await lab.add({ label: 'stays', layers: ['os'], names: ['stays'] });
  const goes = await lab.add({ label: 'goes', layers: ['os', 'app'], names: ['goes'] });
  lab.images.remove('goes');
  lab.clock += 3_599_000;
  assert.deepEqual((await collector.plan()).images, []);
  lab.clock += 1000;
  const plan = await collector.plan();
  assert.deepEqual(plan.images, [goes.id]);
  assert.deepEqual(layersIn(plan), new Set([layerDigest('app')]));
  assert.equal(plan.size, 10_240 + 512);
});

test('a removed image goes at once while the disk is short, or when no window is asked for', async (t) => {
  const lab = openImageLab(t);
  const { id } = await lab.add({ label: 'a', names: ['a'] });
  lab.images.remove('a');
  assert.deepEqual((await openCollector(lab).plan()).images, []);
  assert.deepEqual((await openCollector(lab, { freeShare: 0.09 }).plan()).images, [id]);
  assert.deepEqual((await openCollector(lab).plan(now)).images, [id]);
});

test('plan() changes nothing, and run() takes exactly what it says', async (t) => {
  const lab = openImageLab(t);
  const collector = openCollector(lab);
  await lab.add({ label: 'a', layers: ['x'], names: ['a'] });
  lab.images.remove('a');
  const plan = await collector.plan(now);
  assert.equal(plan.layers.length, 1);
  assert.deepEqual(await collector.plan(now), plan);
  assert.deepEqual(await collector.run(plan), plan);
  assert.deepEqual(await collector.plan(now), { images: [], layers: [], blobs: [], size: 0 });
});

test('run() leaves what is in use again since the plan, and what was not in it', async (t) => {
  const lab = openImageLab(t);
  const collector = openCollector(lab);
  await lab.add({ label: 'back', layers: ['back'], names: ['back'] });
  lab.images.remove('back');
  const plan = await collector.plan(now);
  lab.images.undo();
  insertLayer(lab.db, 'later');
  assert.deepEqual(await collector.run(plan), { images: [], layers: [], blobs: [], size: 0 });
  lab.images.find('back');
  assert.ok(lab.db.get('SELECT 1 FROM layers WHERE diff_id = ?', layerDigest('later')) !== undefined);
});

test('a lease keeps layers and blobs that nothing names yet', async (t) => {
  const lab = openImageLab(t);
  const collector = openCollector(lab);
  insertLayer(lab.db, 'held');
  insertLayer(lab.db, 'free');
  {
    using lease = createLease(lab.db);
    lease.add(layerDigest('held'));
    assert.deepEqual(layersIn(await collector.plan(now)), new Set([layerDigest('free')]));
  }
  assert.deepEqual(layersIn(await collector.plan(now)), new Set([layerDigest('free'), layerDigest('held')]));
});

test('a lease of a dead process keeps nothing, a clock that jumps back ten years ends no lease', async (t) => {
  const lab = openImageLab(t);
  const collector = openCollector(lab);
  insertLayer(lab.db, 'held');
  insertLayer(lab.db, 'abandoned');
  using lease = createLease(lab.db);
  lease.add(layerDigest('held'));
  lab.db.run("INSERT INTO leases VALUES ('x', 'another-boot/1/2/3', ?)", layerDigest('abandoned'));
  lab.clock -= 10 * 365 * 24 * 3_600_000;
  assert.deepEqual(layersIn(await collector.plan(now)), new Set([layerDigest('abandoned')]));
});

test('a container keeps the layers and the record of an image that was removed by force', async (t) => {
  const lab = openImageLab(t);
  const collector = openCollector(lab);
  const { id } = await lab.add({ label: 'a', layers: ['x'], names: ['a'] });
  lab.container('c', id);
  lab.images.remove('a', { force: true });
  assert.deepEqual(await collector.plan(now), { images: [], layers: [], blobs: [], size: 0 });
  lab.db.run('DELETE FROM containers');
  assert.deepEqual((await collector.plan(now)).images, [id]);
});

test('configs, manifests and kept forms of layers go with their image, and not before', async (t) => {
  const root = mkdtempSync(join(tmpdir(), 'lamella-collect-'));
  const db = openDatabase(join(root, 'lamella.db'), migrations);
  t.after(() => {
    db.close();
    rmSync(root, { recursive: true });
  });
  const disk = createDiskBlobStore({ root, db });
  const lab = openImageLab(t, { blobs: disk, db });
  const collector = openCollector(lab);
  const layerBlob = await disk.putBytes(Buffer.from('compressed'));
  const stray = await disk.putBytes(Buffer.from('stray'));
  const manifest = { bytes: Buffer.from('{}'), mediaType: 'application/vnd.oci.image.manifest.v1+json' };
  const { id } = await lab.add({ label: 'a', layers: ['x'], names: ['a'], manifest });
  db.run(
    'INSERT INTO layer_blobs (diff_id, digest, media_type, size) VALUES (?, ?, ?, ?)',
    layerDigest('x'),
    layerBlob.digest,
    'x',
    layerBlob.size,
  );
  const first = await collector.run(await collector.plan(now));
  assert.deepEqual(
    first.blobs.map(({ digest }) => digest),
    [stray.digest],
  );
  assert.equal(readdirSync(join(root, 'blobs', 'sha256')).length, 3);
  lab.images.remove('a');
  const last = await collector.run(await collector.plan(now));
  assert.deepEqual(
    new Set(last.blobs.map(({ digest }) => digest)),
    new Set([id, digestOf('{}'), layerBlob.digest]),
  );
  assert.deepEqual(readdirSync(join(root, 'blobs', 'sha256')), []);
});

test('freeShareOf() is a part of the whole', async () => {
  const share = await freeShareOf(tmpdir());
  assert.ok(share > 0 && share <= 1, String(share));
});
