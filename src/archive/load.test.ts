import assert from 'node:assert/strict';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import test from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { collectBytes } from '../base/streams.ts';
import { digestOf } from '../oci/digest.ts';
import { mediaTypes } from '../oci/media-types.ts';
import { parsePlatform } from '../oci/platform.ts';
import {
  addBlob,
  addIndex,
  addManifest,
  indexOf,
  makeImage,
  makeLayer,
  type Members,
  ociLayout,
  oldDockerArchive,
  tarOf,
} from '../../test/support/archives.ts';
import { inChunks } from '../../test/support/tar-archive.ts';
import { createTemporaryStore, type TemporaryStore } from '../../test/support/temporary-store.ts';
import { type LoadedImage, loadImages, type LoadOptions } from './load.ts';
import type { LayerProgress } from './ports.ts';

const base = makeLayer({ 'etc/motd': 'hello\n', 'bin/tool': 'x'.repeat(3000) });
const top = makeLayer({ 'etc/motd': 'changed\n' });
const one = makeImage([base, top], ['team/app:1', 'team/app:latest']);
const two = makeImage([base], ['ubuntu:14.04'], { comment: 'two' });
const nameless = makeImage([top], [], { comment: 'nameless' });

const forms: Readonly<Record<string, Members>> = {
  'docker-archive, old form': oldDockerArchive([one, two]),
  'OCI layout, gzip': ociLayout([one, two], 'gzip'),
  'OCI layout, zstd': ociLayout([one, two], 'zstd'),
  'OCI layout, uncompressed': ociLayout([one, two], 'none'),
};

const expected: LoadedImage[] = [
  { id: one.id, name: 'team/app:1' },
  { id: one.id, name: 'team/app:latest' },
  { id: two.id, name: 'ubuntu:14.04' },
];

async function loadFile(store: TemporaryStore, bytes: Buffer, options?: LoadOptions): Promise<LoadedImage[]> {
  const path = join(store.root, 'archive');
  await writeFile(path, bytes);
  return loadImages(store, { path }, options);
}

async function assertUntouched(store: TemporaryStore): Promise<void> {
  assert.deepEqual(store.images.list({ all: true }), []);
  assert.deepEqual(store.layers.list(), []);
}

test('loadImages() keeps its layers from collectors until its images name them', async () => {
  await using store = await createTemporaryStore();
  const held: string[][] = [];
  const images = {
    ...store.images,
    async addAll(...args: Parameters<typeof store.images.addAll>) {
      await setImmediate();
      held.push(
        store.db.all<{ subject: string }>('SELECT subject FROM leases').map(({ subject }) => subject),
      );
      return store.images.addAll(...args);
    },
  };
  await loadImages({ ...store, images }, inChunks(tarOf(ociLayout([one, two])), 4096));
  assert.equal(held.length, 1);
  for (const subjects of held)
    for (const { diffId } of [base, top]) assert.ok(subjects.includes(diffId), `${diffId} is not held`);
  assert.deepEqual(store.db.all('SELECT subject FROM leases'), []);
});

for (const [form, members] of Object.entries(forms)) {
  test(`loadImages() loads a file: ${form}`, async () => {
    await using store = await createTemporaryStore();
    assert.deepEqual(await loadFile(store, tarOf(members)), expected);
    assert.deepEqual(await store.images.configBytes(one.id), one.config);
    assert.deepEqual(await collectBytes(store.layers.openTar(top.diffId), 1 << 20), top.tar);
  });

  test(`loadImages() loads a stream in small pieces: ${form}`, async () => {
    await using store = await createTemporaryStore();
    assert.deepEqual(await loadImages(store, inChunks(tarOf(members), 777)), expected);
    assert.deepEqual(await collectBytes(store.layers.openTar(base.diffId), 1 << 20), base.tar);
  });

  for (const [name, compress] of [
    ['gzip', gzipSync],
    ['zstd', zstdCompressSync],
  ] as const) {
    test(`loadImages() loads a file compressed with ${name}: ${form}`, async () => {
      await using store = await createTemporaryStore();
      assert.deepEqual(await loadFile(store, compress(tarOf(members))), expected);
    });
  }
}

test('loadImages() loads an OCI layout from its directory', async () => {
  await using store = await createTemporaryStore();
  const path = join(store.root, 'layout');
  for (const [name, content] of Object.entries(ociLayout([two]))) {
    await mkdir(dirname(join(path, name)), { recursive: true });
    await writeFile(join(path, name), content as Buffer);
  }
  assert.deepEqual(await loadImages(store, { path }), [{ id: two.id, name: 'ubuntu:14.04' }]);
});

test('loadImages() keeps a manifest and the compressed layers it names, byte for byte', async () => {
  for (const compression of ['gzip', 'zstd'] as const) {
    for (const alreadyHere of [false, true]) {
      await using store = await createTemporaryStore();
      if (alreadyHere) await loadFile(store, tarOf(oldDockerArchive([two])));
      const members = ociLayout([two], compression);
      await loadFile(store, tarOf(members));
      const manifest = store.images.manifest(two.id);
      assert.ok(manifest);
      const hex = manifest.digest.slice(7);
      assert.deepEqual(await store.blobs.read(manifest.digest), members[`blobs/sha256/${hex}`]);
      const document = JSON.parse((await store.blobs.read(manifest.digest)).toString()) as {
        layers: [{ digest: ReturnType<typeof digestOf> }];
      };
      assert.ok(store.blobs.has(document.layers[0].digest), `${compression}, ${alreadyHere}`);
    }
  }
});

test('loadImages() keeps no manifest that names other members than manifest.json does', async () => {
  await using store = await createTemporaryStore();
  const members = { ...ociLayout([two], 'gzip'), ...oldDockerArchive([two]) };
  assert.deepEqual(await loadFile(store, tarOf(members)), [{ id: two.id, name: 'ubuntu:14.04' }]);
  assert.equal(store.images.manifest(two.id), undefined);
});

test('loadImages() gives an image that has no name by its ID', async () => {
  await using store = await createTemporaryStore();
  assert.deepEqual(await loadFile(store, tarOf(oldDockerArchive([nameless]))), [{ id: nameless.id }]);
});

test('loadImages() takes a bare tag in an OCI layout for no name', async () => {
  await using store = await createTemporaryStore();
  const image = makeImage([top], ['latest']);
  assert.deepEqual(await loadFile(store, tarOf(ociLayout([image]))), [{ id: image.id }]);
});

test('loadImages() says which image a name pointed to before, and undo() gives it back', async () => {
  await using store = await createTemporaryStore();
  const other = makeImage([top], ['ubuntu:14.04'], { comment: 'other' });
  const another = makeImage([top], ['team/app:1'], { comment: 'another' });
  await loadFile(store, tarOf(oldDockerArchive([one, two])));
  assert.deepEqual(await loadFile(store, tarOf(oldDockerArchive([other, another]))), [
    { id: other.id, name: 'ubuntu:14.04', replaced: two.id },
    { id: another.id, name: 'team/app:1', replaced: one.id },
  ]);
  store.images.undo();
  assert.equal(store.images.find('ubuntu:14.04').id, two.id);
  assert.equal(store.images.find('team/app:1').id, one.id);
});

test('loadImages() of a file reads only the layers that are not here, and tells how far each is', async () => {
  await using store = await createTemporaryStore();
  await loadFile(store, tarOf(oldDockerArchive([two])));
  const seen: LayerProgress[] = [];
  const onProgress = (progress: LayerProgress): void => void seen.push(progress);
  await loadFile(store, tarOf(oldDockerArchive([one])), { onProgress });
  const last = (id: string): LayerProgress | undefined => seen.findLast((progress) => progress.id === id);
  assert.equal(last(base.diffId.slice(7, 19))?.status, 'Already exists');
  assert.deepEqual(last(top.diffId.slice(7, 19)), {
    id: top.diffId.slice(7, 19),
    status: 'Loading layer',
    current: top.tar.byteLength,
    total: top.tar.byteLength,
  });
});

// What an index may hold besides images for this machine (attacks 34 and 35).

const amd64 = makeImage([base], [], { comment: 'amd64' });
const arm64 = makeImage([top], [], { architecture: 'arm64', variant: 'v8' });

function multiPlatform(change: (members: Members, index: ReturnType<typeof addManifest>[]) => void): Buffer {
  const members: Members = {};
  const index = [
    { ...addManifest(members, arm64), platform: { os: 'linux', architecture: 'arm64', variant: 'v8' } },
    { ...addManifest(members, amd64), platform: { os: 'linux', architecture: 'amd64' } },
  ];
  change(members, index);
  const annotations = { 'io.containerd.image.name': 'docker.io/library/multi:1' };
  members['index.json'] = indexOf([{ ...addIndex(members, index), annotations }]);
  return tarOf(members);
}

const onAmd64 = { platform: parsePlatform('linux/amd64') };

test('loadImages() takes of an image for several platforms the one that is wanted', async () => {
  await using store = await createTemporaryStore();
  const archive = multiPlatform(() => {});
  assert.deepEqual(await loadFile(store, archive, onAmd64), [{ id: amd64.id, name: 'multi:1' }]);
  const arm = { platform: parsePlatform('linux/arm64') };
  assert.equal((await loadFile(store, archive, arm))[0]?.id, arm64.id);
});

test('loadImages() passes over attestations, and over platforms whose content is not in the archive', async () => {
  await using store = await createTemporaryStore();
  const archive = multiPlatform((members, index) => {
    const attestation = addManifest(members, makeImage([], [], { comment: 'provenance' }));
    index.unshift({ ...attestation, platform: { os: 'unknown', architecture: 'unknown' } });
    delete members[`blobs/sha256/${index[1]?.digest.slice(7)}`];
  });
  assert.deepEqual(await loadFile(store, archive, onAmd64), [{ id: amd64.id, name: 'multi:1' }]);
});

test('loadImages() passes over attestations that stand beside images in index.json itself', async () => {
  await using store = await createTemporaryStore();
  const members: Members = {};
  const attestation = {
    ...addManifest(members, makeImage([], [], { comment: 'provenance' })),
    annotations: { 'vnd.docker.reference.type': 'attestation-manifest' },
  };
  members['index.json'] = indexOf([
    attestation,
    addManifest(members, amd64),
    addIndex(members, [attestation]),
  ]);
  assert.deepEqual(await loadFile(store, tarOf(members)), [{ id: amd64.id }]);
});

test('loadImages() finds the right image where an index states no platforms', async () => {
  await using store = await createTemporaryStore();
  const archive = multiPlatform((_, index) => {
    for (const [position, { platform: _, ...descriptor }] of index.entries()) index[position] = descriptor;
  });
  assert.deepEqual(await loadFile(store, archive, onAmd64), [{ id: amd64.id, name: 'multi:1' }]);
});

test('loadImages() says which platforms there are when none fits', async () => {
  await using store = await createTemporaryStore();
  const platform = parsePlatform('linux/s390x');
  await assert.rejects(
    loadFile(
      store,
      multiPlatform(() => {}),
      { platform },
    ),
    {
      code: 'platform-not-found',
      message: 'no matching manifest for linux/s390x in the manifest list entries',
      hint: 'The archive has linux/arm64/v8, linux/amd64: choose one with --platform.',
    },
  );
});

test('loadImages() passes over images of a docker-archive that are for another platform, and says so when all are', async () => {
  await using store = await createTemporaryStore();
  const archive = tarOf(oldDockerArchive([one, arm64]));
  const platform = parsePlatform('linux/arm64');
  assert.deepEqual(await loadFile(store, archive, { platform }), [{ id: arm64.id }]);
  await assert.rejects(loadFile(store, tarOf(oldDockerArchive([one])), { platform }), {
    code: 'platform-not-found',
  });
});

test('loadImages() says that an archive of attestations and artifacts has no image', async () => {
  await using store = await createTemporaryStore();
  const members: Members = {};
  const config = addBlob(members, 'application/vnd.example.chart+json', '{}');
  const artifact = addBlob(
    members,
    mediaTypes.ociManifest,
    JSON.stringify({ schemaVersion: 2, config, layers: [] }),
  );
  members['index.json'] = indexOf([artifact]);
  await assert.rejects(loadFile(store, tarOf(members)), /there is no image in it/);
});

// What must be refused, with the store as it was.

function changed(change: (members: Members) => void, members: Members = ociLayout([one])): Buffer {
  const copy = { ...members };
  change(copy);
  return tarOf(copy);
}

function nestedIndexes(levels: number): Members {
  const members: Members = {};
  let descriptor = addManifest(members, one);
  for (let level = 0; level < levels; level += 1) descriptor = addIndex(members, [descriptor]);
  members['index.json'] = indexOf([descriptor]);
  return members;
}

const blobOf = (content: Buffer): string => `blobs/sha256/${digestOf(content).slice(7)}`;
const flipped = Buffer.from(base.tar);
flipped[600] = 1;
const plain = ociLayout([one], 'none');
const docker = oldDockerArchive([one]);
const listed = JSON.parse(docker['manifest.json'] as string) as [
  { Config: string; Layers: string[]; RepoTags: string[] },
];
const withManifest = (change: object): Buffer =>
  changed((members) => (members['manifest.json'] = JSON.stringify([{ ...listed[0], ...change }])), docker);

const refused: Readonly<Record<string, readonly [archive: Buffer, code: string]>> = {
  'an archive with neither manifest.json nor index.json': [base.tar, 'archive-invalid'],
  'an archive of a Docker before 1.10': [tarOf({ repositories: '{}' }), 'archive-unsupported'],
  'an archive that was cut off': [tarOf(docker).subarray(0, 3000), 'archive-invalid|tar-truncated'],
  'a layer with one bit changed': [
    changed((members) => (members[blobOf(base.tar)] = flipped), plain),
    'digest-mismatch|diff-id-mismatch|archive-damaged',
  ],
  'a docker-archive layer with one bit changed (28)': [
    changed((members) => (members[listed[0].Layers[0] ?? ''] = flipped), docker),
    'diff-id-mismatch|archive-damaged',
  ],
  'a config with other bytes than its digest': [
    changed((members) => (members[blobOf(one.config)] = `${one.config.toString()} `)),
    'archive-damaged',
  ],
  'a config with one bit changed': [
    changed((members) => {
      const bytes = Buffer.from(one.config);
      bytes[20] = (bytes[20] ?? 0) ^ 1;
      members[blobOf(one.config)] = bytes;
    }),
    'archive-damaged',
  ],
  'a layer compressed in another way than the manifest says': [
    changed((members) => {
      members[blobOf(gzipSync(top.tar))] = ['../../top.tar.gz'];
      members['top.tar.gz'] = gzipSync(top.tar, { level: 0 });
    }),
    'digest-mismatch|size-mismatch|archive-damaged',
  ],
  'a layer that is missing': [
    changed((members) => delete members[blobOf(base.tar)], plain),
    'archive-incomplete',
  ],
  'a config that is missing': [
    changed((members) => delete members[listed[0].Config], docker),
    'archive-incomplete',
  ],
  'fewer layers than the config has': [
    withManifest({ Layers: listed[0].Layers.slice(1) }),
    'archive-invalid',
  ],
  'layers in the wrong order': [
    withManifest({ Layers: listed[0].Layers.toReversed() }),
    'diff-id-mismatch|archive-damaged',
  ],
  'a tag that is none': [withManifest({ RepoTags: ['../../etc'] }), 'reference-invalid'],
  'a tag without a tag': [withManifest({ RepoTags: ['team/app'] }), 'archive-invalid'],
  'a config that points out of the archive': [
    withManifest({ Config: '../../../../etc/hostname' }),
    'archive-incomplete',
  ],
  'a layer that points out of the archive': [
    withManifest({ Layers: ['/etc/hostname', '/etc/hostname'] }),
    'archive-incomplete',
  ],
  'layers that are links in a circle': [
    changed((members) => {
      members[listed[0].Layers[0] ?? ''] = ['x'];
      members[`${listed[0].Layers[0]?.split('/')[0]}/x`] = ['layer.tar'];
    }, docker),
    'archive-incomplete',
  ],
  'a document of 5 MB': [
    changed((members) => (members['index.json'] = `${' '.repeat(5 << 20)}{}`)),
    'archive-invalid',
  ],
  'repeated fields': [
    changed((members) => (members['index.json'] = '{"schemaVersion":2,"manifests":[],"manifests":[]}')),
    'json-invalid',
  ],
  'a thousand indexes inside each other (34)': [tarOf(nestedIndexes(1000)), 'archive-invalid'],
  'an index that is a manifest as well (29)': [
    changed((members) => (members['index.json'] = '{"schemaVersion":2,"manifests":[],"layers":[]}')),
    'document-invalid',
  ],
  'an index with a digest that is a path (32)': [
    changed(
      (members) =>
        (members['index.json'] = indexOf([
          { mediaType: mediaTypes.ociManifest, digest: 'sha256:../../x' as never, size: 1 },
        ])),
    ),
    'document-invalid',
  ],
};

for (const [what, [archive, codes]] of Object.entries(refused)) {
  const hasCode = (error: unknown): boolean => {
    assert.ok(error instanceof Error && 'code' in error);
    assert.ok(codes.split('|').includes(String(error.code)), `${String(error.code)}: ${error.message}`);
    return true;
  };

  test(`loadImages() refuses ${what}, in a file and in a stream, and leaves the store as it was`, async () => {
    await using store = await createTemporaryStore();
    await assert.rejects(loadFile(store, archive), hasCode);
    await assertUntouched(store);
    await assert.rejects(loadImages(store, inChunks(archive)), hasCode);
    await assertUntouched(store);
    await store.layers.collect();
    assert.equal(store.db.all('SELECT 1 FROM leases').length, 0);
  });
}

test('loadImages() refuses two documents of one name', async () => {
  await using store = await createTemporaryStore();
  const first = tarOf({ 'manifest.json': '[]' }).subarray(0, 1024);
  const archive = Buffer.concat([first, tarOf(docker)]);
  await assert.rejects(loadFile(store, archive), /two members are called manifest.json/);
  await assert.rejects(loadImages(store, inChunks(archive)), /two members are called manifest.json/);
});

test('loadImages() says that a stream ended within a layer, not that the rest is missing', async () => {
  await using store = await createTemporaryStore();
  const archive = tarOf(plain);
  const inLayer = archive.indexOf(base.tar) + 1000;
  await assert.rejects(loadImages(store, inChunks(archive.subarray(0, inLayer))), { code: 'tar-truncated' });
});

test('loadImages() stops when it is told to', async () => {
  await using store = await createTemporaryStore();
  const controller = new AbortController();
  const onProgress = (): void => controller.abort(new Error('stop'));
  await assert.rejects(loadFile(store, tarOf(docker), { signal: controller.signal, onProgress }));
  await assertUntouched(store);
});

test('loadImages() says that a file is not there as Docker does', async () => {
  await using store = await createTemporaryStore();
  await assert.rejects(loadImages(store, { path: '/no/such/file' }), {
    message: 'open /no/such/file: no such file or directory',
  });
});
