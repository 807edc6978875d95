import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { makeLayer } from '../../../test/support/archives.ts';
import { createTemporaryStore, type TemporaryStore } from '../../../test/support/temporary-store.ts';
import { streamOf } from '../../base/streams.ts';
import { createPushMemory } from '../../images/push-memory.ts';
import type { Digest } from '../../oci/digest.ts';
import { compressLayer, type CompressDeps } from './compress-layer.ts';

const { tar, diffId } = makeLayer({ 'etc/os': 'words and words\n'.repeat(1000) });

async function withLayer(): Promise<TemporaryStore & { deps: CompressDeps; held: Digest[] }> {
  const store = await createTemporaryStore();
  store.layers.publish(await store.layers.stage(streamOf(tar)));
  const held: Digest[] = [];
  const deps: CompressDeps = {
    layers: store.layers,
    blobs: store.blobs,
    memory: createPushMemory(store.db),
    hold: (digest) => held.push(digest),
    compressTurn: (action) => action(),
  };
  return { ...store, deps, held, [Symbol.asyncDispose]: () => store[Symbol.asyncDispose]() };
}

test('compressLayer() keeps the blob, holds it, and remembers it as a form of the layer', async () => {
  await using store = await withLayer();
  const taken: number[] = [];
  const form = await compressLayer(store.deps, diffId, 'gzip', { onProgress: (bytes) => taken.push(bytes) });
  assert.ok(gunzipSync(await store.blobs.read(form.digest)).equals(tar));
  assert.deepEqual(store.deps.memory.forms(diffId), [{ ...form, isMade: true }]);
  assert.deepEqual(store.held, [form.digest]);
  assert.equal(taken.at(-1), tar.byteLength);
});

test('compressLayer() makes a blob again that a collector took before it had its name', async () => {
  await using store = await withLayer();
  let puts = 0;
  const blobs: CompressDeps['blobs'] = {
    ...store.blobs,
    async put(bytes, expected) {
      const info = await store.blobs.put(bytes, expected);
      puts += 1;
      if (puts === 1) {
        store.db.run('DELETE FROM blobs WHERE digest = ?', info.digest);
        await store.blobs.collect();
      }
      return info;
    },
  };
  const form = await compressLayer({ ...store.deps, blobs }, diffId, 'gzip');
  assert.equal(puts, 2);
  assert.ok(gunzipSync(await store.blobs.read(form.digest)).equals(tar));
});

test('compressLayer() refuses a layer that is not here, and one whose tar is damaged', async () => {
  await using store = await withLayer();
  const other = makeLayer({ other: 'x' }).diffId;
  await assert.rejects(compressLayer(store.deps, other, 'gzip'), { kind: 'corrupt', code: 'layer-missing' });
  const layers: CompressDeps['layers'] = {
    ...store.layers,
    async *openTar() {
      yield tar.subarray(0, 100);
      throw new Error('the tar is damaged');
    },
  };
  await assert.rejects(compressLayer({ ...store.deps, layers }, diffId, 'gzip'), /the tar is damaged/);
  assert.deepEqual(store.deps.memory.forms(diffId), []);
});
