import assert from 'node:assert/strict';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import test from 'node:test';
import { createGzip, gzipSync, zstdCompressSync } from 'node:zlib';
import { importImage } from '../../src/archive/import.ts';
import { loadImages } from '../../src/archive/load.ts';
import { unlessMissing } from '../../src/base/files.ts';
import type { ByteStream } from '../../src/base/streams.ts';
import { formatTarHeader } from '../../src/tar/writer.ts';
import { toByteString } from '../../src/base/byte-string.ts';
import { makeImage, makeLayer, ociLayout, oldDockerArchive, tarOf } from '../support/archives.ts';
import { inChunks } from '../support/tar-archive.ts';
import { createTemporaryStore, type TemporaryStore } from '../support/temporary-store.ts';

async function assertNothingLeft(store: TemporaryStore): Promise<void> {
  assert.deepEqual(store.images.list({ all: true }), []);
  assert.deepEqual(store.layers.list(), []);
  assert.deepEqual((await unlessMissing(readdir(join(store.root, 'ingest')))) ?? [], []);
  assert.equal(store.db.all('SELECT 1 FROM leases').length, 0);
}

const zeros = Buffer.alloc(1 << 20);

/** A tar whose one member, called `name`, is `size` zeros. */
async function* tarOfZeros(name: string, size: number): ByteStream {
  yield formatTarHeader({ type: 'file', path: toByteString(name), size });
  for (let left = size; left > 0; left -= zeros.byteLength) yield zeros.subarray(0, left);
  yield Buffer.alloc(1024);
}

async function* gzipped(stream: ByteStream): ByteStream {
  const source = Readable.from(stream);
  const gzip = createGzip({ level: 1 });
  try {
    yield* source.pipe(gzip) as AsyncIterable<Buffer>;
  } finally {
    source.destroy();
    gzip.destroy();
  }
}

test('an archive of 3 GB of zeros in a few MB is refused, and leaves nothing (19)', async () => {
  await using store = await createTemporaryStore();
  const before = process.memoryUsage().rss;
  await assert.rejects(loadImages(store, gzipped(tarOfZeros('not-a-layer', 3 * 2 ** 30))), {
    code: 'compression-bomb',
  });
  await assertNothingLeft(store);
  assert.ok(process.memoryUsage().rss - before < 200 << 20);
});

test('a zstd window of 2 GB is refused (19)', async () => {
  // Frame header: magic, descriptor without a single segment, window descriptor 2^31; then one empty last block.
  const frame = Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0x00, 0xa8, 0x01, 0x00, 0x00]);
  await using store = await createTemporaryStore();
  await assert.rejects(loadImages(store, inChunks(frame)), { code: 'compression-window' });
  await assert.rejects(importImage(store, inChunks(frame)), { code: 'compression-window' });
  await assertNothingLeft(store);
});

const layer = makeLayer({ 'etc/motd': 'hello\n' });
const image = makeImage([layer], ['a/b:1']);
const archive = tarOf(oldDockerArchive([image]));

test('every prefix of an archive is refused and leaves nothing (18)', async () => {
  await using store = await createTemporaryStore();
  // Up to the content of manifest.json, which comes last of what counts.
  const end = archive.lastIndexOf('manifest.json') + 512;
  for (let length = 0; length <= end; length += 512) {
    await assert.rejects(loadImages(store, inChunks(archive.subarray(0, length))));
  }
  await assertNothingLeft(store);
});

test('every prefix of a compressed archive is refused and leaves nothing (18)', async () => {
  await using store = await createTemporaryStore();
  for (const bytes of [gzipSync(archive), zstdCompressSync(archive)]) {
    for (let length = 1; length < bytes.byteLength; length += 41) {
      await assert.rejects(loadImages(store, inChunks(bytes.subarray(0, length))));
    }
  }
  await assertNothingLeft(store);
});

test('no single changed bit of an archive brings another image in under the name (28, 31)', async () => {
  const bytes = tarOf(ociLayout([image], 'gzip'));
  await using store = await createTemporaryStore();
  for (let at = 0; at < bytes.byteLength; at += 97) {
    const changed = Buffer.from(bytes);
    changed[at] = (changed[at] ?? 0) ^ 1;
    const loaded = await loadImages(store, inChunks(changed)).catch(() => []);
    // What is left then is the very image, under a name that the index does state.
    for (const { id } of loaded) assert.equal(id, image.id, `bit at ${at}`);
  }
  for (const { diffId } of store.layers.list()) assert.equal(diffId, layer.diffId);
});

test('junk behind the end of an archive does not matter (18)', async () => {
  await using store = await createTemporaryStore();
  const loaded = await loadImages(store, inChunks(Buffer.concat([archive, Buffer.from('junk'.repeat(500))])));
  assert.deepEqual(loaded, [{ id: image.id, name: 'a/b:1' }]);
});
