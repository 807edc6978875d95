import assert from 'node:assert/strict';
import test, { type TestContext } from 'node:test';
import { type Digest, digestHex, digestOf } from '../../src/oci/digest.ts';
import { mediaTypes } from '../../src/oci/media-types.ts';
import { copyBetween } from '../../src/remote/copy/copy-image.ts';
import type { RepositoryClient } from '../../src/remote/client/repository.ts';
import { startDockerRegistry } from '../support/docker-registry.ts';
import { type FakeRegistry, startFakeRegistry } from '../support/fake-registry.ts';
import { openClient } from '../support/registry-client.ts';

const path = 'team/app';
const emptyConfig = '{}';

/** A signature, attestation or the like, as `oras attach` makes it. */
function attach(
  { content }: FakeRegistry,
  subject: string,
  words: string,
  tag?: string,
): { mediaType: string; digest: Digest; size: number } {
  const describe = (bytes: string, mediaType: string): object => ({
    mediaType,
    digest: content.putBlob(path, bytes),
    size: Buffer.byteLength(bytes),
  });
  const bytes = JSON.stringify({
    schemaVersion: 2,
    mediaType: mediaTypes.ociManifest,
    artifactType: 'application/vnd.example.signature',
    config: describe(emptyConfig, 'application/vnd.oci.empty.v1+json'),
    layers: [describe(words, 'application/vnd.example.words')],
    ...(tag === undefined && { subject: { mediaType: mediaTypes.ociManifest, digest: subject, size: 1 } }),
  });
  const digest = content.putManifest(path, bytes, mediaTypes.ociManifest, tag);
  return { mediaType: mediaTypes.ociManifest, digest, size: Buffer.byteLength(bytes) };
}

const tagOf = (digest: string): string => `sha256-${digestHex(digest as Digest)}`;

function listUnderTag({ content }: FakeRegistry, subject: string, manifests: readonly object[]): void {
  const index = { schemaVersion: 2, mediaType: mediaTypes.ociIndex, manifests };
  content.putManifest(path, JSON.stringify(index), mediaTypes.ociIndex, tagOf(subject));
}

interface Attached {
  readonly image: Digest;
  readonly signatures: readonly Digest[];
  readonly cosign: string;
}

/** An index of two images: one image is signed, the signature is signed as well, and the index has a signature of cosign. */
function makeSigned(registry: FakeRegistry, { byTag }: { byTag: boolean }): Attached {
  const one = registry.image(path, undefined, { layers: [{ a: 'a' }] });
  const other = registry.image(path, undefined, {
    layers: [{ b: 'b' }],
    platform: { os: 'linux', architecture: 'arm64' },
  });
  const image = registry.index(path, '1', [one, other]);
  const signature = attach(registry, one.descriptor.digest, 'signed');
  const witness = attach(registry, signature.digest, 'the signature is signed');
  attach(registry, digestOf('another image'), 'belongs elsewhere');
  if (byTag) {
    // A list may name what it likes.
    listUnderTag(registry, one.descriptor.digest, [
      signature,
      attach(registry, digestOf('x'), 'about x'),
      { ...signature, digest: digestOf('gone') },
    ]);
    listUnderTag(registry, signature.digest, [witness]);
  }
  const cosign = `${tagOf(image)}.sig`;
  attach(registry, image, 'by cosign', cosign);
  return { image, signatures: [signature.digest, witness.digest], cosign };
}

async function copyAll(
  t: TestContext,
  registry: FakeRegistry,
  target: RepositoryClient,
  referrers = true,
): Promise<{ digest: Digest; referrers: number }> {
  const { repository: source } = openClient(t, { urls: [registry.url] });
  return await copyBetween({ source, reference: '1', target, tag: 'copy', referrers });
}

for (const [from, to] of [
  [true, true],
  [true, false],
  [false, true],
  [false, false],
] as const) {
  const word = (has: boolean): string => (has ? 'with' : 'without');
  test(`referrers come along from a registry ${word(from)} the API to one ${word(to)} it`, async (t) => {
    await using registry = await startFakeRegistry({ referrers: from });
    await using other = await startFakeRegistry({ referrers: to });
    const { image, signatures, cosign } = makeSigned(registry, { byTag: !from });
    const { pushing: target } = openClient(t, { urls: [other.url] });
    assert.deepEqual(await copyAll(t, registry, target), { digest: image, referrers: 3 });

    const copied = other.content.repository(path);
    for (const digest of signatures) assert.ok(copied.manifests.has(digest), digest);
    assert.ok(copied.tags.has(cosign));
    const [signature = image, witness = image] = signatures;
    if (to) {
      assert.deepEqual(
        (await target.referrers(signature))?.map(({ digest }) => digest),
        [witness],
      );
      assert.deepEqual([...copied.tags.keys()].sort(), ['copy', cosign].sort());
    } else {
      const listed = other.content.manifest(path, tagOf(signature));
      assert.match(listed?.bytes.toString() ?? '', new RegExp(witness));
    }
    // What belongs elsewhere stays there: three of the index, two signatures, one of cosign, and the lists.
    assert.equal(copied.manifests.size, 6 + (to ? 0 : 2));
    assert.deepEqual((await copyAll(t, registry, target)).referrers, 3, 'done again it changes nothing');
    assert.equal(copied.manifests.size, 6 + (to ? 0 : 2));
  });
}

test('a list that the target has keeps what is in it', async (t) => {
  await using registry = await startFakeRegistry({ referrers: true });
  await using other = await startFakeRegistry();
  const { id: _, descriptor } = registry.image(path, '1', { layers: [{ a: 'a' }] });
  const signature = attach(registry, descriptor.digest, 'ours');
  const theirs = attach(other, descriptor.digest, 'theirs');
  listUnderTag(other, descriptor.digest, [theirs]);
  const { pushing: target } = openClient(t, { urls: [other.url] });
  assert.equal((await copyAll(t, registry, target)).referrers, 1);
  const listed = JSON.parse(
    other.content.manifest(path, tagOf(descriptor.digest))?.bytes.toString() ?? '',
  ) as {
    manifests: { digest: string }[];
  };
  assert.deepEqual(
    listed.manifests.map(({ digest }) => digest),
    [theirs.digest, signature.digest],
  );
});

test('nothing is asked of referrers where they are not wished for', async (t) => {
  await using registry = await startFakeRegistry({ referrers: true });
  await using other = await startFakeRegistry();
  makeSigned(registry, { byTag: false });
  const { pushing: target } = openClient(t, { urls: [other.url] });
  assert.equal((await copyAll(t, registry, target, false)).referrers, 0);
  assert.equal(registry.count('GET', /referrers/) + registry.count('HEAD', /sha256-/), 0);
});

test('docker-registry 2.8 takes referrers under their tags, and gives them on', async (t) => {
  const real = await startDockerRegistry();
  if (typeof real === 'string') return t.skip(real);
  await using _ = real;
  await using registry = await startFakeRegistry({ referrers: true });
  await using last = await startFakeRegistry({ referrers: true });
  const { image, signatures } = makeSigned(registry, { byTag: false });
  const { pushing: middle, repository: source } = openClient(t, { urls: [real.url] });
  assert.deepEqual(await copyAll(t, registry, middle), { digest: image, referrers: 3 });
  const { pushing: target } = openClient(t, { urls: [last.url] });
  const again = await copyBetween({ source, reference: 'copy', target, tag: '1', referrers: true });
  assert.deepEqual(again, { digest: image, referrers: 3 });
  for (const digest of signatures) assert.ok(last.content.repository(path).manifests.has(digest));
});
