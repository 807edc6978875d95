import assert from 'node:assert/strict';
import { mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'node:test';
import * as fc from 'fast-check';
import { isLamellaError } from '../base/errors.ts';
import { collectBytes } from '../base/streams.ts';
import { parseManifest } from '../oci/manifest.ts';
import { parseReference } from '../oci/reference.ts';
import {
  makeImage,
  makeLayer,
  type Members,
  ociLayout,
  oldDockerArchive,
  tarOf,
} from '../../test/support/archives.ts';
import { inChunks, readMembers } from '../../test/support/tar-archive.ts';
import { createTemporaryStore, type TemporaryStore } from '../../test/support/temporary-store.ts';
import { loadImages } from './load.ts';
import { saveImages } from './save.ts';
import { writeArchive } from './write-archive.ts';

const base = makeLayer({ 'etc/motd': 'hello\n' });
const top = makeLayer({ 'etc/motd': 'changed\n' });
const one = makeImage([base, top], ['team/app:1', 'team/app:2']);
const two = makeImage([base], ['ubuntu:14.04'], { comment: 'two' });

async function save(store: TemporaryStore, ...names: string[]): Promise<Buffer> {
  const { size, content } = await saveImages(store, names);
  const bytes = await collectBytes(content, 64 << 20);
  assert.equal(bytes.byteLength, size);
  return bytes;
}

async function storeWith(members: Members): Promise<TemporaryStore> {
  const store = await createTemporaryStore();
  await loadImages(store, inChunks(tarOf(members)));
  return store;
}

async function documentsOf(archive: Buffer): Promise<Map<string, Buffer>> {
  return new Map((await readMembers(archive)).map(({ entry, content }) => [entry.path, content]));
}

async function repoTags(store: TemporaryStore, ...names: string[]): Promise<(string[] | null)[]> {
  const manifest = (await documentsOf(await save(store, ...names))).get('manifest.json');
  return (JSON.parse(String(manifest)) as { RepoTags: string[] | null }[]).map(({ RepoTags }) => RepoTags);
}

for (const form of ['none', 'gzip', 'zstd', 'docker'] as const) {
  test(`what saveImages() wrote loads with the same IDs and digests and saves to the same bytes: ${form}`, async () => {
    await using store = await storeWith(
      form === 'docker' ? oldDockerArchive([one, two]) : ociLayout([one, two], form),
    );
    const archive = await save(store, 'team/app', 'ubuntu:14.04');
    assert.deepEqual(await save(store, 'team/app', 'ubuntu:14.04'), archive);

    await using other = await createTemporaryStore();
    const loaded = await loadImages(other, inChunks(archive, 1000));
    assert.deepEqual(
      loaded.map(({ id, name }) => [id, name]),
      [
        [one.id, 'team/app:1'],
        [one.id, 'team/app:2'],
        [two.id, 'ubuntu:14.04'],
      ],
    );
    assert.deepEqual(await save(other, 'team/app', 'ubuntu:14.04'), archive);
    if (form !== 'docker') {
      assert.deepEqual(other.images.manifest(one.id)?.digest, store.images.manifest(one.id)?.digest);
    }
  });
}

test('saveImages() writes what every reader expects, without owners and times', async () => {
  await using store = await storeWith(ociLayout([two], 'gzip'));
  const members = await readMembers(await save(store, 'ubuntu:14.04'));
  for (const { entry } of members) {
    assert.deepEqual([entry.uid, entry.gid, entry.mtime.seconds, entry.uname], [0, 0, 0, '']);
  }
  const files = new Map(members.map(({ entry, content }) => [entry.path as string, content]));
  assert.equal(String(files.get('oci-layout')), '{"imageLayoutVersion":"1.0.0"}');
  const index = parseManifest(files.get('index.json') ?? Buffer.alloc(0));
  assert.ok(index.kind === 'index');
  assert.deepEqual(index.manifests[0]?.annotations, {
    'io.containerd.image.name': 'docker.io/library/ubuntu:14.04',
    'org.opencontainers.image.ref.name': '14.04',
  });
  const [image] = JSON.parse(String(files.get('manifest.json'))) as { Config: string; Layers: string[] }[];
  assert.equal(image?.Config, `blobs/sha256/${two.id.slice(7)}`);
  assert.deepEqual(files.get(image?.Config ?? ''), two.config);
  // The compressed blob, since that is what the kept manifest names.
  assert.equal(files.get(image?.Layers[0] ?? '')?.readUInt16BE(), 0x1f8b);
});

test('saveImages() makes the manifest anew when a compressed layer is no longer here', async () => {
  await using store = await storeWith(ociLayout([two], 'gzip'));
  const kept = await documentsOf(await save(store, 'ubuntu:14.04'));
  store.db.run('DELETE FROM blobs WHERE digest IN (SELECT digest FROM layer_blobs)');
  const made = await documentsOf(await save(store, 'ubuntu:14.04'));
  assert.deepEqual(made.get(`blobs/sha256/${base.diffId.slice(7)}`), base.tar);
  assert.equal(kept.has(`blobs/sha256/${base.diffId.slice(7)}`), false);
});

test('saveImages() saves a layer that several images share once', async () => {
  await using store = await storeWith(oldDockerArchive([one, two]));
  const members = await readMembers(await save(store, 'team/app', 'ubuntu:14.04'));
  const name = `blobs/sha256/${base.diffId.slice(7)}`;
  assert.equal(members.filter(({ entry }) => entry.path === name).length, 1);
});

test('saveImages() takes names as Docker does', async () => {
  await using store = await storeWith(oldDockerArchive([one, two]));
  store.images.tag(two.id, parseReference('localhost:5000/team/app:1'));
  assert.deepEqual(await repoTags(store, 'team/app'), [['team/app:1', 'team/app:2']]);
  assert.deepEqual(await repoTags(store, 'team/app:2'), [['team/app:2']]);
  assert.deepEqual(await repoTags(store, one.id), [null]);
  assert.deepEqual(await repoTags(store, one.id.slice(7, 19)), [null]);
  assert.deepEqual(await repoTags(store, one.id.slice(7, 19), 'team/app:2'), [['team/app:2']]);
  assert.deepEqual(await repoTags(store, 'team/app:2', 'ubuntu', 'team/app:1'), [
    ['team/app:2', 'team/app:1'],
    ['ubuntu:14.04'],
  ]);
  assert.deepEqual(await repoTags(store, 'localhost:5000/team/app'), [['localhost:5000/team/app:1']]);
});

for (const [name, message] of [
  ['nothing', 'No such image: nothing'],
  ['nothing:1', 'reference does not exist'],
  ['Foo', 'invalid reference format: repository name (library/Foo) must be lowercase'],
] as const) {
  test(`saveImages() refuses ${name} in Docker's words`, async () => {
    await using store = await createTemporaryStore();
    await assert.rejects(saveImages(store, [name]), { message });
  });
}

test('saveImages() saves only what is made for the platform that is asked for', async () => {
  await using store = await storeWith(oldDockerArchive([one]));
  const { os, architecture } = await store.images.config(store.images.find('team/app:1').id);
  const saved = await saveImages(store, ['team/app:1'], { platform: { os, architecture } });
  assert.equal((await collectBytes(saved.content, 64 << 20)).byteLength, saved.size);
  await assert.rejects(
    saveImages(store, ['team/app:1'], { platform: { os, architecture: 'mips' } }),
    (error) =>
      isLamellaError(error, 'not-found') &&
      error.message ===
        `image with reference team/app:1 was found but its platform (${os}/${architecture}) does not match the specified platform (${os}/mips)`,
  );
});

test('any images survive saving and loading', async () => {
  const layer = fc.dictionary(fc.stringMatching(/^[a-z]{1,8}$/), fc.string({ maxLength: 600 }), {
    maxKeys: 4,
  });
  const image = fc.record({
    layers: fc.array(layer, { maxLength: 4 }),
    tags: fc.uniqueArray(fc.stringMatching(/^[a-z]{2,5}\/[a-z]{2,5}:[a-z0-9]{1,4}$/), { maxLength: 3 }),
  });
  await fc.assert(
    fc.asyncProperty(image, fc.constantFrom('none', 'gzip', 'zstd'), async ({ layers, tags }, form) => {
      const made = makeImage(layers.map(makeLayer), tags);
      await using store = await storeWith(ociLayout([made], form));
      const names = tags.length === 0 ? [made.id] : tags;
      const archive = await save(store, ...names);
      await using other = await createTemporaryStore();
      await loadImages(other, inChunks(archive, 4096));
      assert.deepEqual(await save(other, ...names), archive);
      assert.deepEqual(await other.images.configBytes(made.id), made.config);
    }),
    { numRuns: 5 },
  );
});

test('writeArchive() leaves a file as it was when the content fails', async () => {
  await using store = await createTemporaryStore();
  const path = join(store.root, 'out', 'archive.tar');
  await mkdir(join(store.root, 'out'));
  await writeFile(path, 'old');
  async function* failing(): AsyncGenerator<Uint8Array> {
    yield Buffer.from('half');
    throw new Error('disk on fire');
  }
  await assert.rejects(writeArchive(path, failing()), /disk on fire/);
  assert.equal(await readFile(path, 'utf8'), 'old');
  assert.deepEqual(await readdir(join(store.root, 'out')), ['archive.tar']);
});

test('writeArchive() makes a file that only its owner may read', async () => {
  await using store = await createTemporaryStore();
  const path = join(store.root, 'archive.tar');
  await writeArchive(path, inChunks(Buffer.from('content')));
  assert.equal(await readFile(path, 'utf8'), 'content');
  assert.equal((await stat(path)).mode & 0o777, 0o600);
});
