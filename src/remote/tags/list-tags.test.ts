import assert from 'node:assert/strict';
import test from 'node:test';
import { mediaTypes } from '../../oci/media-types.ts';
import { RegistryContent } from '../../../test/support/fake-registry/content.ts';
import { makeRemoteImage, putImage, putIndex } from '../../../test/support/fake-registry/images.ts';
import { memoryRepository } from '../../../test/support/memory-repository.ts';
import { listTags } from './list-tags.ts';

const amd64 = { os: 'linux', architecture: 'amd64' };
const arm64 = { os: 'linux', architecture: 'arm64' };

test('listTags() tells of each tag its digest, size, age and platforms', async () => {
  const content = new RegistryContent();
  const amd = makeRemoteImage({ layers: [{ a: 'a' }], config: { created: '2026-05-06T07:08:09.5Z' } });
  const arm = makeRemoteImage({ layers: [{ a: 'b'.repeat(5000) }], platform: arm64 });
  putImage(content, 'app', arm, '1');
  const digest = putIndex(content, 'app', [arm, amd], 'latest');
  const size = amd.config.size + (amd.layers[0]?.size ?? 0);
  const tags = await Array.fromAsync(listTags(memoryRepository(content, 'app'), amd64));
  assert.deepEqual(tags, [
    {
      name: 'latest',
      digest,
      mediaType: mediaTypes.ociIndex,
      size,
      created: Date.parse('2026-05-06T07:08:09.5Z'),
      platforms: ['linux/arm64', 'linux/amd64'],
    },
    {
      name: '1',
      digest: arm.descriptor.digest,
      mediaType: mediaTypes.ociManifest,
      size: arm.config.size + (arm.layers[0]?.size ?? 0),
      created: Date.parse('2026-01-02T03:04:05Z'),
      platforms: ['linux/arm64'],
    },
  ]);
});

test('listTags() goes on past a tag that is gone, and one whose manifest is nonsense', async () => {
  const content = new RegistryContent();
  putImage(content, 'app', makeRemoteImage(), '1');
  content.repository('app').tags.set('2', `sha256:${'0'.repeat(64)}`);
  content.putManifest('app', '{"schemaVersion":1,"fsLayers":[]}', mediaTypes.ociManifest, '3');
  const tags = await Array.fromAsync(listTags(memoryRepository(content, 'app'), amd64));
  assert.deepEqual(
    tags.map(({ name, platforms }) => [name, platforms.length]),
    [
      ['3', 0],
      ['1', 1],
    ],
  );
});

test('listTags() asks for a few tags ahead and for each manifest once, and stops when nobody asks for more', async () => {
  const content = new RegistryContent();
  const image = makeRemoteImage();
  for (let index = 0; index < 10_000; index += 1) putImage(content, 'app', image, `1.${index}`);
  const repository = memoryRepository(content, 'app');
  let resolved = 0;
  let manifests = 0;
  let aborted: AbortSignal | undefined;
  const counted: typeof repository = {
    ...repository,
    resolve: async (...words) => {
      resolved += 1;
      aborted = words[1]?.signal;
      return await repository.resolve(...words);
    },
    manifest: async (...words) => {
      manifests += 1;
      return await repository.manifest(...words);
    },
  };
  const names: string[] = [];
  for await (const { name } of listTags(counted, amd64)) {
    names.push(name);
    if (names.length === 3) break;
  }
  assert.deepEqual(names, ['1.9999', '1.9998', '1.9997']);
  assert.ok(resolved <= 12, `${resolved} were asked for`);
  assert.equal(manifests, 1);
  assert.equal(aborted?.aborted, true);
});
