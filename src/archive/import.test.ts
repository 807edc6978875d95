import assert from 'node:assert/strict';
import test from 'node:test';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { collectBytes } from '../base/streams.ts';
import { parsePlatform } from '../oci/platform.ts';
import { parseReference } from '../oci/reference.ts';
import { makeLayer } from '../../test/support/archives.ts';
import { inChunks } from '../../test/support/tar-archive.ts';
import { createTemporaryStore } from '../../test/support/temporary-store.ts';
import { importImage, type ImportOptions } from './import.ts';

const root = makeLayer({ 'etc/hostname': 'box\n' });
const created = { seconds: 1_795_507_070, nanoseconds: 842_318_761 };
const platform = parsePlatform('linux/amd64');

// Docker's, without container_config and docker_version, which speak of Docker itself.
const docker =
  '{"architecture":"amd64","comment":"Imported from -","config":{"Hostname":"","Domainname":"","User":"",' +
  '"AttachStdin":false,"AttachStdout":false,"AttachStderr":false,"Tty":false,"OpenStdin":false,"StdinOnce":false,' +
  '"Env":null,"Cmd":null,"Image":"","Volumes":null,"WorkingDir":"","Entrypoint":null,"OnBuild":null,"Labels":null},' +
  '"created":"2026-11-24T07:57:50.842318761Z",' +
  '"history":[{"created":"2026-11-24T07:57:50.842318761Z","comment":"Imported from -"}],"os":"linux",' +
  `"rootfs":{"type":"layers","diff_ids":["${root.diffId}"]}}`;

for (const [name, bytes] of [
  ['plain', root.tar],
  ['gzip', gzipSync(root.tar)],
  ['zstd', zstdCompressSync(root.tar)],
] as const) {
  test(`importImage() keeps the tar as it is and describes it as Docker does: ${name}`, async () => {
    await using store = await createTemporaryStore();
    const id = await importImage(store, inChunks(bytes, 100), { created, platform });
    assert.equal((await store.images.configBytes(id)).toString(), docker);
    assert.deepEqual(await collectBytes(store.layers.openTar(root.diffId), 1 << 20), root.tar);
  });
}

test('importImage() names the image, applies changes and takes a message and a platform', async () => {
  await using store = await createTemporaryStore();
  const id = await importImage(store, inChunks(root.tar), {
    reference: parseReference('ubuntu:14.04'),
    changes: ['CMD ["/bin/sh"]', 'ENV A=1 B=$A'],
    message: 'mine',
    platform: parsePlatform('linux/arm/v6'),
  });
  assert.equal(store.images.find('ubuntu:14.04').id, id);
  const config = await store.images.config(id);
  assert.deepEqual(config.config?.Cmd, ['/bin/sh']);
  assert.deepEqual(config.config?.Env, ['A=1', 'B=']);
  assert.deepEqual([config.comment, config.architecture, config.variant], ['mine', 'arm', 'v6']);
});

const refused: Readonly<Record<string, readonly [ImportOptions, message: string]>> = {
  'a change that Docker refuses': [{ changes: ['RUN ls'] }, 'RUN is not a valid change command'],
  'a reference with a digest': [
    { reference: parseReference(`a@${root.diffId}`) },
    'cannot import digest reference',
  ],
  'a name that looks like a digest': [
    { reference: parseReference('sha256:abc') },
    'refusing to create an ambiguous tag using digest algorithm as name',
  ],
  'another operating system': [{ platform: parsePlatform('windows') }, 'operating system is not supported'],
};

for (const [what, [options, message]] of Object.entries(refused)) {
  test(`importImage() refuses ${what} before it reads anything`, async () => {
    await using store = await createTemporaryStore();
    const content = {
      [Symbol.asyncIterator]: () => {
        throw new Error('the content was read');
      },
    };
    await assert.rejects(importImage(store, content, options), { message });
  });
}

test('importImage() of a broken tar leaves nothing', async () => {
  await using store = await createTemporaryStore();
  await assert.rejects(importImage(store, inChunks(root.tar.subarray(0, 700))), { kind: 'corrupt' });
  await assert.rejects(importImage(store, inChunks(gzipSync(root.tar).subarray(0, 60))), { kind: 'corrupt' });
  assert.deepEqual(store.images.list({ all: true }), []);
  assert.deepEqual(store.layers.list(), []);
});
