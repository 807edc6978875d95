import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import { join } from 'node:path';
import test from 'node:test';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { makeStore, streamOf, tarOf } from '../../test/support/layer-store.ts';
import { toByteString } from '../base/byte-string.ts';
import { isLamellaError } from '../base/errors.ts';
import { collectBytes } from '../base/streams.ts';
import { digestOf, type Digest } from '../oci/digest.ts';

const tar = tarOf([
  { path: 'etc/' },
  { path: 'etc/passwd', content: 'root:x:0:0::/root:/bin/sh\n' },
  { path: 'big', content: Buffer.alloc(300_000, 'big') },
  { path: 'huge', content: Buffer.alloc(2_000_000, 'huge') },
  { path: 'again', type: 'hardlink', linkPath: 'huge' },
]);
const diffId = digestOf(tar);

for (const [name, bytes] of [
  ['plain', tar],
  ['gzip', gzipSync(tar)],
  ['zstd', zstdCompressSync(tar)],
] as const) {
  test(`a ${name} layer is staged in one pass, published, and read back`, async (t) => {
    const { layers, blobs, root } = makeStore(t);
    await using staged = await layers.stage(streamOf(bytes.subarray(0, 3), bytes.subarray(3)), {
      keepCompressed: true,
    });
    assert.equal(staged.diffId, diffId);
    assert.equal(staged.contentSize, 26 + 300_000 + 2_000_000);
    assert.deepEqual(staged.blob, {
      digest: digestOf(bytes),
      size: bytes.byteLength,
      compression: name === 'plain' ? 'none' : name,
    });
    assert.equal(layers.has(diffId), false);
    const layer = layers.publish(staged);
    assert.deepEqual(layers.get(diffId), layer);
    assert.ok((await collectBytes(layers.openTar(diffId), 1 << 30)).equals(tar));
    assert.ok(
      (await collectBytes(layers.openTar(diffId, { start: 512, length: 1000 }), 2000)).equals(
        tar.subarray(512, 1512),
      ),
    );
    assert.equal(blobs.has(digestOf(bytes)), name !== 'plain');
    await staged[Symbol.asyncDispose]();
    assert.deepEqual(fs.readdirSync(join(root, 'ingest')), []);
    assert.deepEqual(await layers.verify(diffId), []);
  });
}

test('a layer can be looked into without mounting', async (t) => {
  const { add, layers } = makeStore(t);
  using layer = layers.openLayer(await add({ path: 'a/b', content: 'hello' }));
  const inode = layer.index.resolve(toByteString('/a/b'));
  assert.ok(inode !== undefined);
  assert.equal((await collectBytes(layer.content(inode), 10)).toString(), 'hello');
});

test('openView() shows several layers as one tree', async (t) => {
  const { add, layers } = makeStore(t);
  const below = await add(
    { path: 'd/one', content: '1' },
    { path: 'd/two', content: '1' },
    { path: 'e/x', content: '1' },
  );
  const above = await add(
    { path: 'd/two', content: '22' },
    { path: 'd/.wh.one' },
    { path: 'e', content: 'file' },
  );
  using view = layers.openView([below, above]);
  const directory = view.lookup(toByteString('d'))?.directory;
  assert.deepEqual(directory?.names(), ['two']);
  assert.equal(directory?.lookup(toByteString('two'))?.status.size, 2);
  assert.equal(view.lookup(toByteString('e'))?.directory, undefined);
});

test('openView() goes on into the folders of a plain directory on top', async (t) => {
  const { add, layers, root } = makeStore(t);
  const layer = await add({ path: 'etc/passwd', content: 'root' });
  const init = join(root, 'init');
  fs.mkdirSync(join(init, 'etc', 'deep'), { recursive: true });
  fs.writeFileSync(join(init, 'etc', 'deep', 'hosts'), '');
  using view = layers.openView([layer], { init });
  const etc = view.lookup(toByteString('etc'))?.directory;
  assert.deepEqual(etc?.names(), ['deep', 'passwd']);
  assert.deepEqual(etc?.lookup(toByteString('deep'))?.directory?.names(), ['hosts']);
});

test('a wrong diffID is refused after unpacking, and nothing is left (attack 28)', async (t) => {
  const { layers, root } = makeStore(t);
  const bytes = gzipSync(tar);
  const expected = { diffId: digestOf('another'), blob: { digest: digestOf(bytes), size: bytes.byteLength } };
  await assert.rejects(
    layers.stage(streamOf(bytes), { expected }),
    (error) => isLamellaError(error, 'corrupt') && error.code === 'diff-id-mismatch',
  );
  assert.deepEqual(fs.readdirSync(join(root, 'ingest')), []);
});

for (const keepCompressed of [false, true]) {
  test(`wrong compressed bytes are refused${keepCompressed ? ' while they are kept' : ''}`, async (t) => {
    const { layers, blobs, root } = makeStore(t);
    const bytes = gzipSync(tar);
    const wrongDigest = { blob: { digest: digestOf('another'), size: bytes.byteLength } };
    await assert.rejects(
      layers.stage(streamOf(bytes), { expected: wrongDigest, keepCompressed }),
      (error) => isLamellaError(error) && error.code === 'digest-mismatch',
    );
    const tooLong = { blob: { digest: digestOf(bytes), size: bytes.byteLength - 1 } };
    await assert.rejects(
      layers.stage(streamOf(bytes), { expected: tooLong, keepCompressed }),
      (error) => isLamellaError(error) && error.code === 'size-mismatch',
    );
    assert.deepEqual(fs.readdirSync(join(root, 'ingest')), []);
    assert.deepEqual(blobs.list(), []);
  });
}

test('an uncompressed layer is checked against its blob digest, too', async (t) => {
  const { layers } = makeStore(t);
  const expected = { blob: { digest: digestOf('another'), size: tar.byteLength } };
  await assert.rejects(
    layers.stage(streamOf(tar), { expected }),
    (error) => isLamellaError(error) && error.code === 'digest-mismatch',
  );
});

test('an abort ends staging although the source hangs, and nothing is left', async (t) => {
  const { layers, root } = makeStore(t);
  async function* hanging(): AsyncGenerator<Uint8Array> {
    yield tar.subarray(0, 100_000);
    await new Promise(() => {});
  }
  for (const keepCompressed of [false, true]) {
    await assert.rejects(
      layers.stage(hanging(), { signal: AbortSignal.timeout(20), keepCompressed }),
      (error) => isLamellaError(error, 'cancelled'),
    );
  }
  assert.deepEqual(fs.readdirSync(join(root, 'ingest')), []);
});

test('publishing twice gives the same layer, and replaces its files only when told to', async (t) => {
  const { layers } = makeStore(t);
  const stage = (): ReturnType<typeof layers.stage> => layers.stage(streamOf(tar));
  const [first, second, third] = await Promise.all([stage(), stage(), stage()]);
  const layer = layers.publish(first);
  const inode = fs.statSync(layers.tarPath(diffId)).ino;
  assert.deepEqual(layers.publish(second), layer);
  assert.equal(fs.statSync(layers.tarPath(diffId)).ino, inode);
  fs.writeFileSync(layers.tarPath(diffId), 'damaged');
  assert.deepEqual(layers.publish(third, { replace: true }), layer);
  assert.deepEqual(await layers.verify(diffId), []);
});

test('garbage where a layer is to stand is cleared away', async (t) => {
  const { layers } = makeStore(t);
  const { folder } = layers.paths(diffId);
  fs.mkdirSync(folder, { recursive: true });
  fs.writeFileSync(join(folder, 'tar'), 'from a crash');
  await using staged = await layers.stage(streamOf(tar));
  layers.publish(staged);
  assert.deepEqual(await layers.verify(diffId), []);
});

test('processes that publish the same layer at once all have it, once', async (t) => {
  const { layers, root } = makeStore(t);
  const archive = join(root, 'archive.tar');
  fs.writeFileSync(archive, tar);
  const program = `
    import { readFileSync } from 'node:fs';
    import { createDiskBlobStore } from '${import.meta.dirname}/../blobs/disk-blob-store.ts';
    import { openDatabase } from '${import.meta.dirname}/../db/database.ts';
    import { migrations } from '${import.meta.dirname}/../db/schema.ts';
    import { createLayerStore } from '${import.meta.dirname}/store.ts';
    const root = ${JSON.stringify(root)};
    const db = openDatabase(root + '/lamella.db', migrations);
    const layers = createLayerStore({ root, db, blobs: createDiskBlobStore({ root, db }) });
    async function* bytes() { yield readFileSync(${JSON.stringify(archive)}); }
    for (let round = 0; round < 5; round += 1) layers.publish(await layers.stage(bytes()), { replace: round % 2 === 1 });
    console.log(layers.list().length);
  `;
  const results = [1, 2, 3].map(async () => {
    const child = spawn(process.execPath, ['--input-type=module', '-e', program], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let output = '';
    child.stdout.on('data', (text) => (output += String(text)));
    const [code] = await once(child, 'close');
    return [code, output];
  });
  assert.deepEqual(await Promise.all(results), [
    [0, '1\n'],
    [0, '1\n'],
    [0, '1\n'],
  ]);
  assert.deepEqual(await layers.verify(diffId), []);
  await layers.collect();
  assert.deepEqual(fs.readdirSync(join(root, 'ingest')), []);
});

test('collect() removes layers without a row and what dead processes left, and nothing else', async (t) => {
  const { layers, root, db, add } = makeStore(t);
  const kept = await add({ path: 'kept' });
  const gone = await add({ path: 'gone', content: Buffer.alloc(100_000) });
  await using staged = await layers.stage(streamOf(tar));
  const dead = join(root, 'ingest', 'new-999999999-00');
  fs.mkdirSync(dead);
  fs.writeFileSync(join(dead, 'owner'), 'boot/1/999999999/1');
  db.run('DELETE FROM layers WHERE diff_id = ?', gone);
  const { freed } = await layers.collect();
  assert.ok(freed >= 100_000);
  assert.equal(fs.existsSync(layers.paths(gone).folder), false);
  assert.equal(fs.existsSync(dead), false);
  assert.deepEqual(await layers.verify(kept), []);
  layers.publish(staged);
  assert.deepEqual(await layers.verify(diffId), []);
});

function flip(path: string, at: number): void {
  const fd = fs.openSync(path, 'r+');
  const byte = Buffer.alloc(1);
  fs.readSync(fd, byte, 0, 1, at);
  byte[0] = (byte[0] ?? 0) ^ 1;
  fs.writeSync(fd, byte, 0, 1, at);
  fs.closeSync(fd);
}

async function published(layers: ReturnType<typeof makeStore>['layers']): Promise<Digest> {
  await using staged = await layers.stage(streamOf(tar));
  return layers.publish(staged).diffId;
}

test('one flipped bit in the tar is found, and the files that it may have hit are named (attack 43)', async (t) => {
  const { layers } = makeStore(t);
  await published(layers);
  flip(layers.tarPath(diffId), tar.indexOf('huge', 310_000) + 1_000_000);
  const damage = await layers.verify(diffId);
  assert.deepEqual(
    damage.map(({ part, path }) => [part, path]),
    [
      ['tar', undefined],
      ['tar', 'again'],
      ['tar', 'huge'],
    ],
  );
  await assert.rejects(layers.rebuild(diffId), (error) => isLamellaError(error, 'corrupt'));
});

test('damage in index and checksums is found, named, and repaired from the tar', async (t) => {
  const { layers } = makeStore(t);
  await published(layers);
  const { index, sums } = layers.paths(diffId);
  const good = fs.readFileSync(index);
  flip(sums, 20);
  // The mode of /etc/passwd, wherever it is.
  using layer = layers.openLayer(diffId);
  const inode = layer.index.resolve(toByteString('etc/passwd'));
  flip(index, (inode?.nid ?? 0) * 32 + 4);
  const damage = await layers.verify(diffId);
  assert.deepEqual(
    damage.map(({ part, path }) => [part, path]),
    [
      ['sums', undefined],
      ['index', undefined],
      ['index', 'etc/passwd'],
    ],
  );
  await layers.rebuild(diffId);
  assert.ok(fs.readFileSync(index).equals(good));
  assert.deepEqual(await layers.verify(diffId), []);
});

test('missing files of a layer are told, and what can be made again is', async (t) => {
  const { layers } = makeStore(t);
  await published(layers);
  const { index, sums, tar: tarPath } = layers.paths(diffId);
  fs.rmSync(index);
  fs.rmSync(sums);
  assert.deepEqual(
    (await layers.verify(diffId)).map(({ part }) => part),
    ['sums', 'index'],
  );
  await layers.rebuild(diffId);
  assert.deepEqual(await layers.verify(diffId), []);
  fs.rmSync(tarPath);
  assert.deepEqual(
    (await layers.verify(diffId)).map(({ part }) => part),
    ['tar'],
  );
});

test('damage of any kind at any place never makes verify() fail, and never goes unseen', async (t) => {
  const { layers } = makeStore(t);
  await published(layers);
  const paths = layers.paths(diffId);
  for (const path of [paths.tar, paths.index, paths.sums]) {
    const good = fs.readFileSync(path);
    for (let round = 0; round < 60; round += 1) {
      const bad = Buffer.from(good);
      const at = (round * 7919 * 13) % good.byteLength;
      bad[at] = (bad[at] ?? 0) ^ (1 << (round % 8));
      fs.writeFileSync(path, round % 10 === 9 ? bad.subarray(0, at) : bad);
      assert.notDeepEqual(await layers.verify(diffId), [], `${path} at ${at}`);
    }
    fs.writeFileSync(path, good);
  }
  assert.deepEqual(await layers.verify(diffId), []);
});
