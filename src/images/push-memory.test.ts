import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openDatabase, type Database } from '../db/database.ts';
import { createLease } from '../db/leases.ts';
import { migrations } from '../db/schema.ts';
import { type Digest, digestOf } from '../oci/digest.ts';
import { createPushMemory, type LayerForm } from './push-memory.ts';

const mediaType = 'application/vnd.docker.image.rootfs.diff.tar.gzip';

function openMemory(): Database {
  return openDatabase(':memory:', migrations);
}

function addLayer(db: Database, name: string): Digest {
  const diffId = digestOf(name);
  db.run('INSERT INTO layers VALUES (?, 1, 1, 1, 1, 0, NULL)', diffId);
  return diffId;
}

function addBlob(db: Database, name: string, size: number): LayerForm {
  const digest = digestOf(name);
  db.run('INSERT INTO blobs (digest, size, created_at) VALUES (?, ?, 0)', digest, size);
  return { digest, size, mediaType };
}

function blobsOf(db: Database): string[] {
  return db.all<{ digest: string }>('SELECT digest FROM blobs').map(({ digest }) => digest);
}

test('trim() lets the oldest go that pushes made, and neither what came with an image nor what is in use', () => {
  using db = openMemory();
  let now = 1;
  const memory = createPushMemory(db, () => now++);
  const forms = ['one', 'two', 'three', 'four'].map((name) => addBlob(db, name, 100));
  const [came, old, used, fresh] = forms as [LayerForm, LayerForm, LayerForm, LayerForm];
  const diffId = addLayer(db, 'layer');
  db.run(
    'INSERT INTO layer_blobs (diff_id, digest, media_type, size) VALUES (?, ?, ?, 100)',
    diffId,
    came.digest,
    mediaType,
  );
  for (const form of [old, used, fresh]) memory.addForm(diffId, form);
  using lease = createLease(db);
  lease.add(used.digest);

  assert.equal(memory.madeSize(), 300);
  assert.equal(memory.trim(300), 0);
  assert.equal(memory.trim(250), 100);
  assert.deepEqual(new Set(blobsOf(db)), new Set([came, used, fresh].map(({ digest }) => digest)));
  assert.equal(memory.trim(0), 100);
  assert.deepEqual(new Set(blobsOf(db)), new Set([came, used].map(({ digest }) => digest)));
  assert.equal(memory.forms(diffId).length, 4, 'what is known stays known');
});

test('sources() are the other repositories of the same registry whose images have the layer', () => {
  using db = openMemory();
  const memory = createPushMemory(db);
  const diffId = addLayer(db, 'layer');
  const imageId = digestOf('image');
  db.run(`INSERT INTO images VALUES (?, NULL, '', 0, 1, 'linux', 'amd64', '', '{}', 0, NULL, NULL)`, imageId);
  db.run('INSERT INTO image_layers VALUES (?, 0, ?, ?)', imageId, diffId, diffId);
  const manifest = digestOf('manifest');
  for (const [domain, path] of [
    ['docker.io', 'library/ubuntu'],
    ['docker.io', 'mine/app'],
    ['ghcr.io', 'other/app'],
  ] as const) {
    memory.pushed(imageId, { domain, path }, manifest);
  }
  assert.deepEqual(memory.sources(diffId, { domain: 'docker.io', path: 'mine/app' }), ['library/ubuntu']);
  assert.deepEqual(memory.sources(digestOf('another'), { domain: 'docker.io', path: 'mine/app' }), []);
});

test('pushed() keeps quiet about an image that has been collected meanwhile', () => {
  using db = openMemory();
  createPushMemory(db).pushed(digestOf('gone'), { domain: 'docker.io', path: 'a/b' }, digestOf('manifest'));
  assert.deepEqual(db.all('SELECT * FROM repo_digests'), []);
});
