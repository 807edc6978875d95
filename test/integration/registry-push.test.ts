import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'node:test';
import { gunzipSync } from 'node:zlib';
import { type Digest, digestHex, digestOf } from '../../src/oci/digest.ts';
import { layerCompression, mediaTypes } from '../../src/oci/media-types.ts';
import { makeImage, makeLayer, ociLayout } from '../support/archives.ts';
import { type FakeRegistry, startFakeRegistry } from '../support/fake-registry.ts';
import { openPushLab, type PushLab } from '../support/push-lab.ts';

const bottom = makeLayer({ 'etc/os': 'one', 'usr/text': 'words and words\n'.repeat(40_000) });
const top = makeLayer({ 'srv/noise': randomBytes(300_000).toString('hex') });
const short = (digest: string): string => digestHex(digest as Digest).slice(0, 12);

interface Manifest {
  readonly mediaType: string;
  readonly config: { readonly digest: string; readonly mediaType: string };
  readonly layers: readonly { readonly digest: string; readonly mediaType: string; readonly size: number }[];
}

function manifestOf(registry: FakeRegistry, path: string, digest: string): Manifest {
  const stored = registry.content.repository(path).manifests.get(digest);
  assert.ok(stored, `${path} has ${digest}`);
  assert.equal(digestOf(stored.bytes), digest);
  return JSON.parse(stored.bytes.toString()) as Manifest;
}

function uploads(registry: FakeRegistry): number {
  return registry.count('PUT', /blobs\/uploads/);
}

/** The compressed forms of an image's layers go, as those of a cache do that has grown too large. */
function forgetBlobs(lab: PushLab, digests: Iterable<string>): void {
  for (const digest of digests) rmSync(join(lab.root, 'blobs/sha256', digestHex(digest as Digest)));
}

test('layers made here are told topmost first, in the words of Docker, and arrive as gzip in schema 2', async (t) => {
  await using registry = await startFakeRegistry();
  await using lab = openPushLab(t);
  const name = `${registry.domain}/team/app:1`;
  await lab.make(makeImage([bottom, top], [name]));
  const pushed = await lab.pushOne(name);

  assert.deepEqual(
    lab.events.slice(0, 2).map(({ id, status }) => `${id}: ${status}`),
    [`${short(top.diffId)}: Preparing`, `${short(bottom.diffId)}: Preparing`],
  );
  assert.deepEqual(lab.statuses(short(top.diffId)), ['Preparing', 'Pushing', 'Pushed']);
  const last = lab.events.findLast(({ id, status }) => id === short(top.diffId) && status === 'Pushing');
  assert.equal(last?.current, last?.total);
  const manifest = manifestOf(registry, 'team/app', pushed.digest);
  assert.equal(manifest.mediaType, mediaTypes.dockerManifest);
  assert.equal(manifest.config.mediaType, mediaTypes.dockerConfig);
  for (const [position, { tar }] of [bottom, top].entries()) {
    const layer = manifest.layers[position];
    assert.equal(layer?.mediaType, mediaTypes.dockerLayerGzip);
    const bytes = registry.content.repository('team/app').blobs.get(layer.digest);
    assert.ok(bytes !== undefined && gunzipSync(bytes).equals(tar));
  }
  const order = registry.requests.filter(({ method }) => method === 'PUT').map(({ path }) => path);
  assert.match(order.at(-1) ?? '', /manifests\/1$/, 'the tag comes last');
  assert.equal(pushed.tag, '1');
  const [image] = await (await lab.engine.images()).list();
  assert.deepEqual(image?.RepoDigests, [`${registry.domain}/team/app@${pushed.digest}`]);
});

test('a second push compresses nothing and sends nothing, and one to another registry, by another process, only sends', async (t) => {
  await using registry = await startFakeRegistry();
  await using other = await startFakeRegistry();
  const lab = openPushLab(t);
  const name = `${registry.domain}/team/app:1`;
  await lab.make(makeImage([bottom, top], [name, `${other.domain}/app:1`]));
  const first = await lab.pushOne(name);
  const sent = uploads(registry);
  assert.deepEqual(await lab.pushOne(name), first);
  assert.deepEqual(lab.statuses(short(top.diffId)), ['Preparing', 'Layer already exists']);
  assert.equal(uploads(registry), sent);
  await lab[Symbol.asyncDispose]();

  await using later = openPushLab(t, lab.root);
  assert.deepEqual(await later.pushOne(`${other.domain}/app:1`), first);
  const counted = later.events.filter(
    ({ status, current }) => status === 'Preparing' && current !== undefined,
  );
  assert.deepEqual(counted, [], 'nothing was compressed');
  assert.deepEqual(later.statuses(short(top.diffId)), ['Preparing', 'Pushing', 'Pushed']);
});

test('a second push under the same tag asks one question, and one that would send another manifest asks for all', async (t) => {
  await using registry = await startFakeRegistry();
  await using lab = openPushLab(t);
  const name = `${registry.domain}/team/app:1`;
  await lab.make(makeImage([bottom, top], [name]));
  const first = await lab.pushOne(name);
  const before = registry.requests.length;
  assert.deepEqual(await lab.pushOne(name), first);
  assert.deepEqual(
    registry.requests.slice(before).map(({ method, path }) => `${method} ${path}`),
    ['HEAD /v2/team/app/manifests/1'],
  );
  assert.deepEqual(
    lab.events.map(({ status }) => status),
    ['Preparing', 'Preparing', 'Layer already exists', 'Layer already exists'],
  );

  const zstd = await lab.pushOne(name, { compression: 'zstd' });
  assert.notEqual(zstd.digest, first.digest);
  // The tag stands for the other one now.
  const [manifests, blobs] = [registry.count('PUT', /manifests/), registry.count('HEAD', /blobs/)];
  assert.equal((await lab.pushOne(name, { compression: 'gzip' })).digest, first.digest);
  assert.equal(registry.count('PUT', /manifests/), manifests + 1);
  assert.equal(registry.count('HEAD', /blobs/), blobs + 3);
});

test('how much will be sent is told before it is, and in the end it is what was sent', async (t) => {
  await using registry = await startFakeRegistry();
  await using lab = openPushLab(t);
  const name = `${registry.domain}/team/app:1`;
  await lab.make(makeImage([bottom, top], [name]));
  const plans: number[] = [];
  const onPlan = ({ send }: { send: number }): number => plans.push(send);
  const { digest } = await lab.pushOne(name, { onPlan });
  const sizes = manifestOf(registry, 'team/app', digest).layers.map(({ size }) => size);
  assert.equal(
    plans.at(-1),
    sizes.reduce((sum, size) => sum + size, 0),
  );
  assert.equal(
    plans[0],
    [bottom, top].reduce((sum, { tar }) => sum + Math.ceil(tar.byteLength / 3), 0),
  );

  plans.length = 0;
  await lab.tag(name, `${registry.domain}/team/app:2`);
  await lab.pushOne(`${registry.domain}/team/app:2`, { onPlan });
  assert.equal(plans.at(-1), 0, 'what is there already is not sent');
});

for (const [compression, isKept] of [
  ['none', false],
  ['gzip', true],
] as const) {
  const what = isKept ? 'goes as it came' : 'is compressed, as it names plain tars that no registry has seen';
  test(`an archive's manifest in ${compression} ${what}`, async (t) => {
    await using registry = await startFakeRegistry();
    await using lab = openPushLab(t);
    const name = `${registry.domain}/team/app:1`;
    const members = ociLayout([makeImage([bottom, top], ['1'])], compression);
    const [described] = (JSON.parse(String(members['index.json'])) as { manifests: { digest: string }[] })
      .manifests;
    await lab.load(members);
    const [image] = await (await lab.engine.images()).list();
    await lab.tag(String(image?.Id), name);
    for (let turn = 0; turn < 2; turn += 1) {
      const { digest } = await lab.pushOne(name);
      assert.equal(digest === described?.digest, isKept);
      const manifest = manifestOf(registry, 'team/app', digest);
      for (const { mediaType } of manifest.layers) assert.equal(layerCompression(mediaType), 'gzip');
    }
    assert.deepEqual(lab.statuses(short(top.diffId)), ['Preparing', 'Layer already exists']);
  });
}

test('two stores make the same digest of the same layers', async (t) => {
  await using registry = await startFakeRegistry();
  const name = `${registry.domain}/team/app:1`;
  const digests = new Set<string>();
  for (let turn = 0; turn < 2; turn += 1) {
    await using lab = openPushLab(t);
    await lab.make(makeImage([bottom, top], [name]));
    digests.add((await lab.pushOne(name)).digest);
  }
  assert.equal(digests.size, 1);
});

test('a layer is mounted from the repository that is known to have it', async (t) => {
  await using registry = await startFakeRegistry();
  await using lab = openPushLab(t);
  const name = `${registry.domain}/library/ubuntu:1`;
  await lab.make(makeImage([bottom, top], [name, `${registry.domain}/mine/app:2`]));
  const first = await lab.pushOne(name);
  const sent = uploads(registry);
  const second = await lab.pushOne(`${registry.domain}/mine/app:2`);
  assert.equal(second.digest, first.digest);
  assert.deepEqual(lab.statuses(short(top.diffId)), ['Preparing', 'Mounted from library/ubuntu']);
  assert.equal(uploads(registry), sent + 1, 'only the config was sent');
});

test('where the registry does not mount, the layer is sent', async (t) => {
  await using registry = await startFakeRegistry({ mounts: false });
  await using lab = openPushLab(t);
  await lab.make(makeImage([bottom], [`${registry.domain}/one:1`, `${registry.domain}/two:1`]));
  const first = await lab.pushOne(`${registry.domain}/one:1`);
  assert.equal((await lab.pushOne(`${registry.domain}/two:1`)).digest, first.digest);
  assert.deepEqual(lab.statuses(short(bottom.diffId)), ['Preparing', 'Pushing', 'Pushed']);
  assert.equal(registry.openUploads, 0, 'no upload is left open');
});

for (const compression of ['gzip', 'zstd', 'none'] as const) {
  for (const style of ['oci', 'docker'] as const) {
    test(`what was pulled (${style}, ${compression}) is pushed byte for byte, also to another registry`, async (t) => {
      await using registry = await startFakeRegistry();
      await using other = await startFakeRegistry();
      const layers = [{ a: 'a'.repeat(5000) }, { b: randomBytes(100_000) }];
      const { descriptor, manifest } = registry.image('library/base', '1', { layers, compression, style });
      await using lab = openPushLab(t);
      await lab.pull(`${registry.domain}/library/base:1`);
      for (const server of [registry, other]) {
        const target = `${server.domain}/mine/copy:2`;
        await lab.tag(`${registry.domain}/library/base:1`, target);
        const pushed = await lab.pushOne(target);
        assert.deepEqual(pushed, { tag: '2', digest: descriptor.digest, size: manifest.byteLength });
        const stored = server.content.repository('mine/copy').manifests.get(pushed.digest);
        assert.deepEqual(stored?.bytes, manifest);
        assert.equal(stored.mediaType, descriptor.mediaType);
      }
    });
  }
}

test('a pulled layer whose compressed bytes are not here any more is mounted, and the digest stays', async (t) => {
  await using registry = await startFakeRegistry();
  const { descriptor, layers } = registry.image('library/base', '1', { layers: [{ a: 'a' }, { b: 'b' }] });
  await using lab = openPushLab(t);
  await lab.pull(`${registry.domain}/library/base:1`);
  forgetBlobs(
    lab,
    layers.map(({ digest }) => digest),
  );
  await lab.tag(`${registry.domain}/library/base:1`, `${registry.domain}/mine/copy:1`);
  assert.equal((await lab.pushOne(`${registry.domain}/mine/copy:1`)).digest, descriptor.digest);
  assert.ok(lab.statuses().includes('Mounted from library/base'));
});

test('a pulled layer that can be had nowhere is compressed anew, and that its digest is new is said', async (t) => {
  await using registry = await startFakeRegistry();
  await using other = await startFakeRegistry();
  const { descriptor, layers } = registry.image('library/base', '1', {
    layers: [{ a: 'a'.repeat(50_000) }, { b: 'b' }],
  });
  await using lab = openPushLab(t);
  await lab.pull(`${registry.domain}/library/base:1`);
  forgetBlobs(lab, [layers[0]?.digest ?? '']);
  await lab.tag(`${registry.domain}/library/base:1`, `${other.domain}/copy:1`);
  const pushed = await lab.pushOne(`${other.domain}/copy:1`);
  assert.notEqual(pushed.digest, descriptor.digest);
  assert.ok(lab.events.some(({ id, status }) => id === '' && /its digest is new/.test(status)));
  const manifest = manifestOf(other, 'copy', pushed.digest);
  assert.equal(manifest.mediaType, mediaTypes.ociManifest, 'the kind of manifest stays');
  assert.equal(manifest.layers[1]?.digest, layers[1]?.digest, 'the other layer stays');
});

test('a compressed blob that is gone, or damaged, is made anew', async (t) => {
  await using registry = await startFakeRegistry();
  await using lab = openPushLab(t);
  const names = [`${registry.domain}/one:1`, `${registry.domain}/two:1`] as const;
  await lab.make(makeImage([bottom], [...names]));
  const first = await lab.pushOne(names[0]);
  const { layers } = manifestOf(registry, 'one', first.digest);
  registry.content.repositories.clear();
  forgetBlobs(
    lab,
    layers.map(({ digest }) => digest),
  );
  assert.equal((await lab.pushOne(names[1])).digest, first.digest);

  registry.content.repositories.clear();
  const file = join(lab.root, 'blobs/sha256', digestHex(layers[0]?.digest as Digest));
  const bytes = readFileSync(file);
  writeFileSync(file, bytes.fill(0, 100, 200));
  assert.equal((await lab.pushOne(names[0])).digest, first.digest);
  assert.equal(digestOf(readFileSync(file)), layers[0]?.digest, 'the blob is healed');
});

test('--compression zstd gives OCI media types, and the layers that came with an image keep theirs', async (t) => {
  await using registry = await startFakeRegistry();
  await using lab = openPushLab(t);
  const name = `${registry.domain}/team/app:z`;
  await lab.make(makeImage([bottom, top], [name]));
  await lab.pushOne(name);
  const pushed = await lab.pushOne(name, { compression: 'zstd' });
  const manifest = manifestOf(registry, 'team/app', pushed.digest);
  assert.equal(manifest.mediaType, mediaTypes.ociManifest);
  assert.deepEqual(
    manifest.layers.map(({ mediaType }) => mediaType),
    [mediaTypes.ociLayerZstd, mediaTypes.ociLayerZstd],
  );
  assert.deepEqual(await lab.pushOne(name, { compression: 'zstd' }), pushed, 'and again the same');
});

test('a layer that an image has twice is sent once', async (t) => {
  await using registry = await startFakeRegistry();
  await using lab = openPushLab(t);
  const name = `${registry.domain}/twice:1`;
  await lab.make(makeImage([bottom, top, bottom], [name]));
  const pushed = await lab.pushOne(name);
  assert.equal(uploads(registry), 3, 'two layers and the config');
  assert.equal(manifestOf(registry, 'twice', pushed.digest).layers.length, 3);
});

test('all tags of a repository are pushed, in order', async (t) => {
  await using registry = await startFakeRegistry();
  await using lab = openPushLab(t);
  const repository = `${registry.domain}/team/app`;
  await lab.make(makeImage([bottom], [`${repository}:b`, `${repository}:a`]));
  await lab.make(makeImage([top], [`${repository}:c`, `${registry.domain}/team/apple:x`]));
  const pushed = await lab.push(repository, { allTags: true });
  assert.deepEqual(
    pushed.map(({ tag }) => tag),
    ['a', 'b', 'c'],
  );
  assert.deepEqual([...registry.content.repository('team/app').tags.keys()], ['a', 'b', 'c']);
});

test('what is not here is refused in the words of Docker', async (t) => {
  await using registry = await startFakeRegistry();
  await using lab = openPushLab(t);
  const repository = `${registry.domain}/team/app`;
  await lab.make(makeImage([bottom], [`${repository}:1`]));
  const refused: [string, string, object?][] = [
    ['nosuch/thing:1', 'An image does not exist locally with the tag: nosuch/thing'],
    [`${repository}:2`, `tag does not exist: ${repository}:2`],
    [repository, `tag does not exist: ${repository}:latest`],
    [`${repository}@${bottom.diffId}`, 'cannot push a digest reference'],
    [`${repository}:1`, "tag can't be used with --all-tags/-a", { allTags: true }],
    [
      `${repository}:1`,
      `image with reference ${repository}:1 was found but its platform (linux/amd64) does not match the specified platform (linux/s390x)`,
      { platform: 'linux/s390x' },
    ],
  ];
  for (const [name, message, options] of refused) {
    await assert.rejects(lab.push(name, options), { message });
  }
  assert.equal(registry.requests.length, 0);
});

test('an upload that is cut goes on, and the blob arrives whole', async (t) => {
  for (const afterCut of ['resume', 'forget'] as const) {
    await using registry = await startFakeRegistry({ afterCut });
    await using lab = openPushLab(t);
    const name = `${registry.domain}/team/app:1`;
    await lab.make(makeImage([top], [name]));
    registry.fault({ method: 'PUT', path: /blobs\/uploads/, times: 1 }, { cutUploadAfter: 100_000 });
    const { digest } = await lab.pushOne(name);
    const [layer] = manifestOf(registry, 'team/app', digest).layers;
    assert.equal(
      registry.content.repository('team/app').blobs.get(layer?.digest ?? '')?.byteLength,
      layer?.size,
    );
  }
});

test('a push that is cancelled ends at once, and the next one goes on with what is there', async (t) => {
  await using registry = await startFakeRegistry();
  await using lab = openPushLab(t);
  const name = `${registry.domain}/team/app:1`;
  await lab.make(makeImage([bottom, top], [name]));
  const controller = new AbortController();
  registry.fault({ method: 'PUT', path: /blobs\/uploads/ }, { delay: 12_000 });
  const start = performance.now();
  const onProgress = ({ status, current }: { status: string; current?: number }): void => {
    if (status === 'Pushing' && (current ?? 0) > 0) controller.abort();
  };
  await assert.rejects(lab.push(name, { signal: controller.signal, onProgress }), { kind: 'cancelled' });
  assert.ok(performance.now() - start < 10_000);
  assert.equal(registry.content.repositories.get('team/app')?.tags.size ?? 0, 0);
  registry.faults.clear();
  await lab.pushOne(name);
  assert.equal(registry.content.repository('team/app').tags.size, 1);
});

test('a registry that lets nobody in without a password is told of as Docker does', async (t) => {
  await using registry = await startFakeRegistry({ auth: { kind: 'basic', users: { ann: 'secret' } } });
  await using lab = openPushLab(t);
  await lab.make(makeImage([bottom], [`${registry.domain}/team/app:1`]));
  await assert.rejects(lab.pushOne(`${registry.domain}/team/app:1`), {
    kind: 'unauthorized',
    message: /no basic auth credentials/,
  });
});
