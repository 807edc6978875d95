import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import test from 'node:test';
import { LamellaError } from '../../base/errors.ts';
import { collectBytes, streamOf } from '../../base/streams.ts';
import { digestOf } from '../../oci/digest.ts';
import { mediaTypes } from '../../oci/media-types.ts';
import { RegistryContent } from '../../../test/support/fake-registry/content.ts';
import { makeRemoteImage, putImage, putIndex } from '../../../test/support/fake-registry/images.ts';
import { memoryRepository } from '../../../test/support/memory-repository.ts';
import type { RepositoryClient } from '../client/repository.ts';
import { openCopiedBlob } from './copied-blob.ts';
import { copyBetween } from './copy-image.ts';

const arm64 = { os: 'linux', architecture: 'arm64' };
const amd = makeRemoteImage({ layers: [{ base: 'base' }, { a: 'amd' }] });
const arm = makeRemoteImage({
  layers: [{ base: 'base' }, { a: 'arm' }],
  platform: arm64,
  compression: 'zstd',
});

test('copyBetween() brings an index with all its images, every blob once, byte for byte', async () => {
  const [from, to] = [new RegistryContent(), new RegistryContent()];
  const digest = putIndex(from, 'app', [amd, arm, amd], '1', 'docker');
  const seen: string[] = [];
  const { digest: copied } = await copyBetween(
    {
      source: memoryRepository(from, 'app'),
      reference: '1',
      target: memoryRepository(to, 'team/copy', 'other.test'),
      tag: 'here',
    },
    { onProgress: ({ id, status }) => seen.push(`${id} ${status}`) },
  );
  assert.equal(copied, digest);
  assert.deepEqual(to.manifest('team/copy', 'here'), from.manifest('app', '1'));
  assert.deepEqual(to.repository('team/copy').blobs.size, from.repository('app').blobs.size);
  const pushed = seen.filter((line) => line.endsWith(' Pushed'));
  assert.equal(pushed.length, from.repository('app').blobs.size);
  assert.equal(new Set(pushed).size, pushed.length);
});

test('copyBetween() brings one image where a platform is asked for', async () => {
  const [from, to] = [new RegistryContent(), new RegistryContent()];
  putIndex(from, 'app', [amd, arm], '1');
  const [source, target] = [memoryRepository(from, 'app'), memoryRepository(to, 'app', 'other.test')];
  const { digest } = await copyBetween({ source, reference: '1', target, tag: '1', platform: arm64 });
  assert.equal(digest, arm.descriptor.digest);
  assert.deepEqual([...to.repository('app').manifests.keys()], [digest]);
});

test('copyBetween() mounts within a registry, and sends nothing that is there', async () => {
  const content = new RegistryContent();
  putImage(content, 'app', amd, '1');
  const target = memoryRepository(content, 'team/app');
  const never: RepositoryClient = { ...target, uploadBlob: () => assert.fail('it was uploaded') };
  const request = { source: memoryRepository(content, 'app'), reference: '1', target: never, tag: '1' };
  const seen = new Set<string>();
  await copyBetween(request, { onProgress: ({ status }) => seen.add(status) });
  await copyBetween(request, { onProgress: ({ status }) => seen.add(status) });
  assert.deepEqual([...seen], ['Mounted from app', 'Layer already exists']);
  assert.equal(content.manifest('team/app', '1')?.digest, amd.descriptor.digest);
});

test('copyBetween() says which platform of an index is missing, and puts nothing under the name', async () => {
  const [from, to] = [new RegistryContent(), new RegistryContent()];
  putIndex(from, 'app', [amd, arm], '1');
  from.repository('app').manifests.delete(arm.descriptor.digest);
  const [source, target] = [memoryRepository(from, 'app'), memoryRepository(to, 'app', 'other.test')];
  await assert.rejects(copyBetween({ source, reference: '1', target, tag: '1' }), {
    kind: 'not-found',
    message: 'manifest for linux/arm64 is named by the index but is not in registry.test/app',
  });
  assert.equal(to.repository('app').tags.size, 0);
});

test('copyBetween() asks another server for a blob that came wrong, and gives up when all are', async () => {
  const content = new RegistryContent();
  putImage(content, 'app', amd, '1');
  const honest = memoryRepository(content, 'app');
  const rejected: string[] = [];
  const lying = (times: number): RepositoryClient => ({
    ...honest,
    async blob(descriptor, options) {
      const blob = await honest.blob(descriptor, options);
      if (descriptor.digest !== amd.layers[0]?.digest || rejected.length >= times) return blob;
      const bytes = Buffer.from(await collectBytes(blob.bytes, 1 << 20));
      bytes[0] = 0xff;
      return { ...blob, bytes: streamOf(bytes), reject: (reason) => void rejected.push(reason) };
    },
  });
  const to = new RegistryContent();
  const target = memoryRepository(to, 'app', 'other.test');
  await copyBetween({ source: lying(1), reference: '1', target, tag: '1' });
  assert.equal(rejected.length, 1);
  assert.equal(to.manifest('app', '1')?.digest, amd.descriptor.digest);

  rejected.length = 0;
  const empty = memoryRepository(new RegistryContent(), 'app', 'other.test');
  await assert.rejects(copyBetween({ source: lying(99), reference: '1', target: empty, tag: '1' }), {
    kind: 'invalid',
    code: 'digest-mismatch',
  });
  assert.equal(rejected.length, 3);
});

/** A blob of random bytes at a server whose connection breaks after `cut` bytes of each answer. */
function cutting(
  size: number,
  cut: number,
  { ranges = true } = {},
): [RepositoryClient, Buffer, () => number] {
  const bytes = randomBytes(size);
  let asked = 0;
  const repository: RepositoryClient = {
    ...memoryRepository(new RegistryContent(), 'app'),
    async blob(_descriptor, { start = 0 } = {}) {
      asked += 1;
      const from = ranges ? start : 0;
      const until = Math.min(size, from + cut);
      const stream = async function* () {
        for (let at = from; at < until; at += 100_000)
          yield bytes.subarray(at, Math.min(at + 100_000, until));
        if (until < size) throw new LamellaError('unavailable', 'cut', { code: 'registry-unavailable' });
      };
      return { start: from, bytes: stream(), reject: () => undefined };
    },
  };
  return [repository, bytes, () => asked];
}

test('openCopiedBlob() goes on where the connection of its source broke', async () => {
  const [repository, bytes, asked] = cutting(1_000_000, 300_000);
  const descriptor = { mediaType: mediaTypes.ociLayer, digest: digestOf(bytes), size: bytes.byteLength };
  const open = openCopiedBlob(repository, descriptor, {});
  assert.ok(bytes.equals(await collectBytes(open(0), bytes.byteLength)));
  assert.equal(asked(), 4);
});

test('openCopiedBlob() gives up on a source that breaks without sending anything more', async () => {
  const [repository, bytes, asked] = cutting(1_000_000, 300_000, { ranges: false });
  const descriptor = { mediaType: mediaTypes.ociLayer, digest: digestOf(bytes), size: bytes.byteLength };
  await assert.rejects(collectBytes(openCopiedBlob(repository, descriptor, {})(0), 1 << 20), {
    kind: 'unavailable',
  });
  assert.equal(asked(), 5);
});

test('openCopiedBlob() can be asked again from any byte, and still checks all of them', async () => {
  const [repository, bytes] = cutting(40 << 20, Infinity);
  const descriptor = { mediaType: mediaTypes.ociLayer, digest: digestOf(bytes), size: bytes.byteLength };
  const open = openCopiedBlob(repository, descriptor, {});
  for (const start of [0, 5, 17 << 20, 30 << 20, 2 << 20, (40 << 20) - 1]) {
    let at = start;
    for await (const piece of open(start)) {
      assert.ok(bytes.subarray(at, at + piece.byteLength).equals(piece));
      at += piece.byteLength;
      if (at - start > 12 << 20) break;
    }
  }
  let at = 9 << 20;
  for await (const piece of open(at)) at += piece.byteLength;
  assert.equal(at, bytes.byteLength);

  const lie = openCopiedBlob(repository, { ...descriptor, digest: digestOf('else') }, {});
  for await (const _ of lie(0)) break;
  await assert.rejects(collectBytes(lie(100), 64 << 20), { code: 'digest-mismatch' });
});

test('openCopiedBlob() stops a blob that is longer than its size', async () => {
  const [repository, bytes] = cutting(500_000, Infinity);
  const descriptor = { mediaType: mediaTypes.ociLayer, digest: digestOf(bytes), size: 250_000 };
  await assert.rejects(collectBytes(openCopiedBlob(repository, descriptor, {})(0), 1 << 20), {
    code: 'size-mismatch',
  });
});
