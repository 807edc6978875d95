import assert from 'node:assert/strict';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import test, { type TestContext } from 'node:test';
import { gzipSync } from 'node:zlib';
import { isLamellaError } from '../../src/base/errors.ts';
import { openEngine } from '../../src/engine/engine.ts';
import type { RegistryEngine } from '../../src/engine/ports/registry-engine.ts';
import { mediaTypes } from '../../src/oci/media-types.ts';
import type { MadeDescriptor } from '../support/fake-registry/images.ts';
import { type FakeRegistry, makeRemoteImage, startFakeRegistry } from '../support/fake-registry.ts';
import { temporaryFolder } from '../support/tiny-image.ts';

// Attacks 29 to 35 as a registry makes them. Whoever looks at an image, pulls or copies it meets the same refusal, and
// nothing of the image stays.

const otherPlatform = { os: 'linux', architecture: 's390x' };
const good = makeRemoteImage({ layers: [{ a: 'a' }] });

interface Lab extends AsyncDisposable {
  readonly registry: RegistryEngine;
  /** Images and layers that are here. */
  left(): Promise<string[]>;
}

async function openLab(t: TestContext): Promise<Lab> {
  const root = join(temporaryFolder(t), 'store');
  const engine = openEngine({ root });
  return {
    registry: await engine.registry(),
    async left() {
      const images = await (await engine.images()).list({ all: true });
      const filesIn = (folder: string): string[] =>
        existsSync(join(root, folder))
          ? readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
              .filter((entry) => entry.isFile())
              .map(({ name }) => `${folder}: ${name}`)
          : [];
      return [...images.map(({ Id }) => Id), ...filesIn('layers')];
    },
    [Symbol.asyncDispose]: () => engine[Symbol.asyncDispose](),
  };
}

function putManifest(
  registry: FakeRegistry,
  document: unknown,
  mediaType: string = mediaTypes.ociManifest,
): void {
  for (const bytes of good.blobs.values()) registry.content.putBlob('team/app', bytes);
  const text = typeof document === 'string' ? document : JSON.stringify(document);
  registry.content.putManifest('team/app', text, mediaType, '1');
}

const manifest = {
  schemaVersion: 2,
  mediaType: mediaTypes.ociManifest,
  config: good.config,
  layers: good.layers,
};
const index = { schemaVersion: 2, mediaType: mediaTypes.ociIndex };
const withConfig = (change: object): object => ({ ...manifest, config: { ...good.config, ...change } });
const withLayer = (change: object): object => ({ ...manifest, layers: [{ ...good.layers[0], ...change }] });
const plain = JSON.stringify(manifest);

const documents: readonly (readonly [what: string, document: unknown, mediaType?: string])[] = [
  ['both layers and manifests (attack 29)', { ...manifest, manifests: [good.descriptor] }],
  [
    'manifests in what is announced as a manifest',
    { ...index, mediaType: undefined, manifests: [], layers: [] },
  ],
  ['another media type inside than in its header (attack 30)', manifest, mediaTypes.dockerManifest],
  ['an index announced as a manifest', { ...index, manifests: [] }, mediaTypes.ociManifest],
  ['a name twice (attack 31)', plain.replace('{"schemaVersion":2,', '{"schemaVersion":2,"layers":[],')],
  ['a name in another case', plain.replace('"layers":', '"Layers":[],"layers":')],
  ['nesting without end', `{"schemaVersion":2,"x":${'['.repeat(100_000)}${']'.repeat(100_000)}}`],
  ['10,000 layers', { ...manifest, layers: Array.from({ length: 10_000 }, () => good.layers[0]) }],
  ['a size that is a text', withLayer({ size: '10' })],
  ['a size of one and a half', withLayer({ size: 1.5 })],
  ['a size below nothing', withLayer({ size: -1 })],
  ['a size beyond what numbers hold', plain.replace(/"size":\d+\}\]/, '"size":99999999999999999999}]')],
  ['a digest that climbs (attack 32)', withLayer({ digest: 'sha256:../../../../etc/passwd' })],
  ['a digest in upper case', withLayer({ digest: `sha256:${'A'.repeat(64)}` })],
  ['a short digest', withConfig({ digest: 'sha256:abc' })],
  ['an unknown algorithm', withConfig({ digest: `md5:${'a'.repeat(32)}` })],
  ['a digest with a line behind it', withConfig({ digest: `${good.config.digest}\n` })],
  ['schema 1', { schemaVersion: 1, fsLayers: [], history: [] }],
  ['no config', { schemaVersion: 2, layers: [] }],
  ['nothing but a number', '7'],
  ['bytes that are no text', Buffer.from([0x7b, 0xff, 0xfe, 0x7d]).toString('latin1')],
];

for (const [what, document, mediaType] of documents) {
  test(`a manifest with ${what} is refused by pull, copy and a look at it`, async (t) => {
    await using registry = await startFakeRegistry();
    await using target = await startFakeRegistry();
    putManifest(registry, document, mediaType);
    await using lab = await openLab(t);
    const name = `${registry.domain}/team/app:1`;
    const isRefusal = (error: unknown): true => {
      assert.ok(isLamellaError(error, 'invalid') || isLamellaError(error, 'unsupported'), String(error));
      return true;
    };
    await assert.rejects(Array.fromAsync(lab.registry.pull(name)), isRefusal);
    await assert.rejects(lab.registry.inspect(name), isRefusal);
    await assert.rejects(lab.registry.copy(name, `${target.domain}/team/app:1`), isRefusal);
    assert.deepEqual(await lab.left(), []);
    assert.equal(registry.count('GET', /blobs/), 0, 'no blob was asked for');
    assert.deepEqual([...target.content.repositories.keys()], []);
  });
}

test('a manifest of 100 MB is left after 4 MiB (attack 31)', async (t) => {
  await using registry = await startFakeRegistry();
  putManifest(registry, manifest);
  registry.fault({ method: 'GET', path: /manifests/ }, { body: Buffer.alloc(100 << 20, ' ') });
  await using lab = await openLab(t);
  const before = process.memoryUsage().rss;
  await assert.rejects(Array.fromAsync(lab.registry.pull(`${registry.domain}/team/app:1`)), {
    kind: 'invalid',
  });
  assert.ok(process.memoryUsage().rss - before < 180 << 20);
  for (const { sent } of registry.asked('GET', /manifests/)) assert.ok(sent < 20 << 20, `${sent} were sent`);
});

for (const [what, fault] of [
  ['shorter than it says', { body: (right: Buffer): Buffer => right.subarray(0, -5) }],
  ['longer than it says', { body: (right: Buffer): Buffer => Buffer.concat([right, right]) }],
  ['without an end', { endless: true }],
  ['of other bytes', { body: (right: Buffer): Buffer => Buffer.alloc(right.byteLength, 7) }],
] as const) {
  test(`a layer, and a config, ${what} is refused by pull and copy (attack 33)`, async (t) => {
    for (const blob of [good.layers[0], good.config]) {
      await using registry = await startFakeRegistry();
      await using target = await startFakeRegistry();
      putManifest(registry, manifest);
      registry.fault({ method: 'GET', path: new RegExp(blob?.digest ?? '') }, fault);
      await using lab = await openLab(t);
      const name = `${registry.domain}/team/app:1`;
      await assert.rejects(Array.fromAsync(lab.registry.pull(name)), (error) => isLamellaError(error));
      await assert.rejects(lab.registry.copy(name, `${target.domain}/team/app:1`), (error) =>
        isLamellaError(error),
      );
      assert.deepEqual(await lab.left(), []);
      assert.equal(target.content.manifest('team/app', '1'), undefined);
      assert.equal(target.content.repository('team/app').blobs.has(blob?.digest ?? ''), false);
      registry.faults.clear();
      const [pulled] = await Array.fromAsync(lab.registry.pull(name));
      assert.equal(pulled?.id, good.id, 'what the liar sent does not spoil the next pull');
    }
  });
}

test('a layer whose descriptor states another size than it has is refused', async (t) => {
  for (const size of [1, 0, 1 << 30]) {
    await using registry = await startFakeRegistry();
    putManifest(registry, withLayer({ size }));
    await using lab = await openLab(t);
    await assert.rejects(Array.fromAsync(lab.registry.pull(`${registry.domain}/team/app:1`)), (error) =>
      isLamellaError(error),
    );
    assert.deepEqual(await lab.left(), []);
  }
});

test('a layer that unpacks to something else than its config says is refused', async (t) => {
  await using registry = await startFakeRegistry();
  const bytes = gzipSync(Buffer.alloc(10_240));
  const digest = registry.content.putBlob('team/app', bytes);
  putManifest(registry, withLayer({ digest, size: bytes.byteLength }));
  await using lab = await openLab(t);
  await assert.rejects(Array.fromAsync(lab.registry.pull(`${registry.domain}/team/app:1`)), {
    code: 'diff-id-mismatch',
  });
  assert.deepEqual(await lab.left(), []);
});

test('1,000 indexes in each other, and one that names itself, end after a few questions (attack 34)', async (t) => {
  await using registry = await startFakeRegistry();
  await using target = await startFakeRegistry();
  putManifest(registry, manifest);
  let entry: MadeDescriptor = good.descriptor;
  for (let level = 0; level < 1000; level += 1) {
    const text = JSON.stringify({ ...index, manifests: [entry] });
    const digest = registry.content.putManifest('team/app', text, mediaTypes.ociIndex, 'deep');
    entry = { mediaType: mediaTypes.ociIndex, digest, size: Buffer.byteLength(text) };
  }
  await using lab = await openLab(t);
  const deep = `${registry.domain}/team/app:deep`;
  for (const attempt of [
    () => Array.fromAsync(lab.registry.pull(deep)),
    () => lab.registry.inspect(deep),
    () => lab.registry.copy(deep, `${target.domain}/team/app:1`),
    () => lab.registry.manifest(deep, { verbose: true }),
  ]) {
    const before = registry.requests.length;
    await assert.rejects(attempt, { kind: 'invalid', code: 'index-too-deep' });
    assert.ok(registry.requests.length - before < 40);
  }

  // No index can hold its own digest, so the server has to lie: it gives the same bytes for whatever is asked.
  const self = JSON.stringify({ ...index, manifests: [{ ...entry, size: 300 }] });
  registry.fault({ path: /manifests/ }, { body: self, headers: { 'docker-content-digest': undefined } });
  await assert.rejects(lab.registry.inspect(`${registry.domain}/team/app:1`), { kind: 'invalid' });
  assert.deepEqual(await lab.left(), []);
});

test('an index without platforms, of attestations only, or empty does no harm (attack 35)', async (t) => {
  await using registry = await startFakeRegistry();
  putManifest(registry, manifest);
  registry.content.putManifest('team/app', good.manifest, good.descriptor.mediaType);
  const put = (tag: string, manifests: readonly unknown[]): void =>
    void registry.content.putManifest(
      'team/app',
      JSON.stringify({ ...index, manifests }),
      mediaTypes.ociIndex,
      tag,
    );
  const { platform: _, ...silent } = good.descriptor;
  const unknown = { os: 'unknown', architecture: 'unknown' };
  put('silent', [silent]);
  put('attested', [{ ...silent, platform: unknown }]);
  put('empty', []);
  await using lab = await openLab(t);
  for (const tag of ['attested', 'empty']) {
    const name = `${registry.domain}/team/app:${tag}`;
    await assert.rejects(Array.fromAsync(lab.registry.pull(name)), {
      kind: 'not-found',
      message: /^no matching manifest for linux\/\S+ in the manifest list entries$/,
    });
  }
  assert.deepEqual(await lab.left(), []);
  const [pulled] = await Array.fromAsync(lab.registry.pull(`${registry.domain}/team/app:silent`));
  assert.equal(pulled?.id, good.id, 'Docker takes an image that states no platform');
  const tags = await Array.fromAsync(lab.registry.tags(`${registry.domain}/team/app`));
  assert.deepEqual(tags.map(({ name }) => name).sort(), ['1', 'attested', 'empty', 'silent']);
});

test('an index whose other platforms are missing is pulled, and a copy says what is missing (attack 35)', async (t) => {
  await using registry = await startFakeRegistry();
  await using target = await startFakeRegistry();
  const other = makeRemoteImage({ platform: otherPlatform });
  registry.index('team/app', '1', [good, other]);
  const repository = registry.content.repository('team/app');
  repository.manifests.delete(other.descriptor.digest);
  await using lab = await openLab(t);
  const name = `${registry.domain}/team/app:1`;
  assert.equal((await Array.fromAsync(lab.registry.pull(name)))[0]?.id, good.id);
  await assert.rejects(lab.registry.copy(name, `${target.domain}/team/app:1`), {
    kind: 'not-found',
    message: `manifest for linux/s390x is named by the index but is not in ${registry.domain}/team/app`,
    hint: /--platform/,
  });
  const { digest } = await lab.registry.copy(name, `${target.domain}/team/app:1`, {
    platform: 'linux/amd64',
  });
  assert.equal(digest, good.descriptor.digest);
});
