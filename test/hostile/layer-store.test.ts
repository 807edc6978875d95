import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import { join } from 'node:path';
import test from 'node:test';
import { createGzip, gzipSync } from 'node:zlib';
import { toByteString } from '../../src/base/byte-string.ts';
import { isLamellaError, LamellaError } from '../../src/base/errors.ts';
import { createDiskBlobStore } from '../../src/blobs/disk-blob-store.ts';
import { openDatabase } from '../../src/db/database.ts';
import { migrations } from '../../src/db/schema.ts';
import { createLayerStore } from '../../src/layers/store.ts';
import { mount } from '../../src/linux/mount.ts';
import { formatTarHeader, tarTrailer } from '../../src/tar/writer.ts';
import { makeStore, streamOf, tarOf } from '../support/layer-store.ts';

const tar = tarOf([{ path: 'f', content: Buffer.alloc(100_000, 'x') }]);

test('a truncated layer is refused wherever it is cut, and leaves nothing (attack 18)', async (t) => {
  const { layers, root } = makeStore(t);
  const bytes = gzipSync(tar);
  for (const cut of [1, 20, bytes.byteLength >> 1, bytes.byteLength - 1]) {
    await assert.rejects(
      layers.stage(streamOf(bytes.subarray(0, cut))),
      (error) => error instanceof LamellaError,
    );
  }
  for (const cut of [100, 700, 50_000]) {
    await assert.rejects(
      layers.stage(streamOf(tar.subarray(0, cut))),
      (error) => error instanceof LamellaError,
    );
  }
  assert.deepEqual(fs.readdirSync(join(root, 'ingest')), []);
  assert.deepEqual(layers.list(), []);
});

test('gzip members one after the other and bytes behind the trailer count for the diffID (attack 18)', async (t) => {
  const { layers } = makeStore(t);
  const padded = Buffer.concat([tar, Buffer.alloc(10_240)]);
  const members = Buffer.concat([gzipSync(padded.subarray(0, 5000)), gzipSync(padded.subarray(5000))]);
  await using plain = await layers.stage(streamOf(padded));
  await using parts = await layers.stage(streamOf(members));
  assert.equal(parts.diffId, plain.diffId);
  assert.equal(parts.tarSize, padded.byteLength);
});

test('a gzip bomb is stopped early, in flat memory, and leaves nothing (attack 19)', async (t) => {
  const { layers, root } = makeStore(t);
  const before = process.memoryUsage.rss();
  let taken = 0;
  async function* bomb(): AsyncGenerator<Uint8Array> {
    const gzip = createGzip();
    gzip.write(formatTarHeader({ type: 'file', path: toByteString('bomb'), size: 100 * 2 ** 30 }));
    const zeros = Buffer.alloc(1 << 20);
    const fill = (): void => {
      while (gzip.write(zeros));
      gzip.once('drain', fill);
    };
    fill();
    for await (const piece of gzip as AsyncIterable<Buffer>) {
      taken += piece.byteLength;
      yield piece;
    }
  }
  await assert.rejects(
    layers.stage(bomb(), { limits: { ratioFloor: 64 << 20 } }),
    (error) => isLamellaError(error, 'invalid') && error.code === 'compression-bomb',
  );
  assert.ok(taken < 10 << 20, `took ${taken} bytes`);
  assert.ok(process.memoryUsage.rss() - before < 200 << 20);
  assert.deepEqual(fs.readdirSync(join(root, 'ingest')), []);
});

test('memory stays flat for a layer of 3 GiB', async (t) => {
  const { layers } = makeStore(t);
  const size = 3 * 2 ** 30;
  const piece = Buffer.alloc(1 << 20, 'lamella');
  async function* layer(): AsyncGenerator<Uint8Array> {
    yield formatTarHeader({ type: 'file', path: toByteString('large'), size });
    for (let left = size; left > 0; left -= piece.byteLength) yield piece;
    yield tarTrailer;
  }
  const before = process.memoryUsage.rss();
  let peak = before;
  const onProgress = (): void => {
    peak = Math.max(peak, process.memoryUsage.rss());
  };
  const begin = performance.now();
  await using staged = await layers.stage(layer(), { onProgress });
  assert.equal(staged.contentSize, size);
  assert.ok(peak - before < 100 << 20, `memory grew by ${(peak - before) >> 20} MiB`);
  t.diagnostic(`${Math.round(performance.now() - begin)} ms, ${(peak - before) >> 20} MiB more`);
});

test('a full disk is told as such, and nothing is left', async (t) => {
  if (process.platform !== 'linux' || process.geteuid?.() !== 0)
    return t.skip('a small file system of its own needs root');
  const { root: parent } = makeStore(t);
  const root = join(parent, 'small');
  fs.mkdirSync(root);
  mount({ source: 'tmpfs', target: root, type: 'tmpfs', data: 'size=2m' });
  using db = openDatabase(join(root, 'lamella.db'), migrations);
  const layers = createLayerStore({ root, db, blobs: createDiskBlobStore({ root, db }) });
  const large = tarOf([{ path: 'f', content: Buffer.alloc(8 << 20, 'x') }]);
  await assert.rejects(
    layers.stage(streamOf(large)),
    (error) => isLamellaError(error, 'no-space') && /no space left on device/.test(error.message),
  );
  assert.deepEqual(fs.readdirSync(join(root, 'ingest')), []);
  await using staged = await layers.stage(streamOf(tar));
  layers.publish(staged);
});

test('a process killed at any instant of staging leaves no layer, and collect() removes what it left (attack 44)', async (t) => {
  const { layers, root } = makeStore(t);
  const program = `
    import { createDiskBlobStore } from '${import.meta.dirname}/../../src/blobs/disk-blob-store.ts';
    import { openDatabase } from '${import.meta.dirname}/../../src/db/database.ts';
    import { migrations } from '${import.meta.dirname}/../../src/db/schema.ts';
    import { createLayerStore } from '${import.meta.dirname}/../../src/layers/store.ts';
    import { streamOf, tarOf } from '${import.meta.dirname}/../support/layer-store.ts';
    const root = ${JSON.stringify(root)};
    const db = openDatabase(root + '/lamella.db', migrations);
    const layers = createLayerStore({ root, db, blobs: createDiskBlobStore({ root, db }) });
    console.log('ready');
    for (let round = 0; ; round += 1) {
      layers.publish(await layers.stage(streamOf(tarOf([{ path: 'f' + process.pid + '-' + round, content: Buffer.alloc(200_000) }]))));
    }
  `;
  for (const delay of [3, 20, 60, 150, 300]) {
    const child = spawn(process.execPath, ['--input-type=module', '-e', program], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    await once(child.stdout, 'data');
    await new Promise((resolve) => setTimeout(resolve, delay));
    child.kill('SIGKILL');
    await once(child, 'close');
    for (const { diffId } of layers.list()) assert.deepEqual(await layers.verify(diffId), []);
    await layers.collect();
    assert.ok(!fs.existsSync(join(root, 'ingest')) || fs.readdirSync(join(root, 'ingest')).length === 0);
    const folders = fs.existsSync(join(root, 'layers')) ? fs.readdirSync(join(root, 'layers')).length : 0;
    assert.equal(folders, layers.list().length);
  }
});

test('a flipped bit in an unpacked file is found and named (attack 43)', async (t) => {
  if (process.platform !== 'linux' || process.geteuid?.() !== 0)
    return t.skip('unpacking a layer as it is needs root');
  const { unpackTree } = await import('../../src/layers/drivers/unpack-tree.ts');
  const { add, layers } = makeStore(t);
  const diffId = await add(
    { path: 'bin/tool', content: 'good' },
    { path: 'other', content: 'good' },
    { path: '.wh.gone' },
  );
  const { tree } = layers.paths(diffId);
  {
    using layer = layers.openLayer(diffId);
    await unpackTree(layer, tree);
  }
  assert.deepEqual(await layers.verify(diffId), []);
  const times = fs.statSync(join(tree, 'bin/tool'));
  fs.writeFileSync(join(tree, 'bin/tool'), 'evil');
  fs.utimesSync(join(tree, 'bin/tool'), times.atime, times.mtime);
  fs.chmodSync(join(tree, 'other'), 0o777);
  assert.deepEqual(
    (await layers.verify(diffId)).map(({ part, path }) => [part, path]),
    [
      ['tree', 'bin/tool'],
      ['tree', 'other'],
    ],
  );
  await layers.rebuild(diffId);
  assert.equal(spawnSync('test', ['-e', tree]).status, 1);
});
