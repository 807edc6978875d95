import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { loadImages } from '../../src/archive/load.ts';
import { makeImage, makeLayer, ociLayout, tarOf } from '../support/archives.ts';
import { loadForeverScript } from '../support/load-forever.ts';
import { createTemporaryStore } from '../support/temporary-store.ts';

const kills = 12;

test('whoever is killed while loading and importing leaves no broken image, and nothing that stays (44)', async () => {
  await using store = await createTemporaryStore();
  const layers = [1, 2, 3].map((number) =>
    makeLayer(
      Object.fromEntries(
        Array.from({ length: 40 }, (_, file) => [`${number}/${file}`, randomBytes(8000).toString('hex')]),
      ),
    ),
  );
  const image = makeImage(layers, ['a/b:1']);
  const archive = join(store.root, 'archive.tar');
  const layer = join(store.root, 'layer.tar');
  await writeFile(archive, tarOf(ociLayout([image], 'gzip')));
  await writeFile(layer, layers[0]?.tar ?? '');

  for (let kill = 0; kill < kills; kill += 1) {
    const child = spawn(process.execPath, [loadForeverScript, store.root, archive, layer], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const closed = once(child, 'close');
    await once(child.stdout, 'data');
    await sleep(Math.random() * 250);
    child.kill('SIGKILL');
    const [, signal] = (await closed) as [number | null, string | null];
    assert.equal(signal, 'SIGKILL', 'it ended by itself');
    for (const { id } of store.images.list({ all: true })) {
      for (const diffId of (await store.images.config(id)).diffIds) {
        assert.deepEqual(await store.layers.verify(diffId), []);
      }
    }
  }
  await store.layers.collect();
  await store.blobs.collect();
  assert.deepEqual(await readdir(join(store.root, 'ingest')), []);
  const [loaded] = await loadImages(store, { path: archive });
  assert.equal(loaded?.id, image.id);
  for (const { diffId } of layers) assert.deepEqual(await store.layers.verify(diffId), []);
});
