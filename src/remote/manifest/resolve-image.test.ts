import assert from 'node:assert/strict';
import test from 'node:test';
import type { Platform } from '../../oci/platform.ts';
import { parsePlatform } from '../../oci/platform.ts';
import { mediaTypes } from '../../oci/media-types.ts';
import { RegistryContent } from '../../../test/support/fake-registry/content.ts';
import {
  type MadeDescriptor,
  makeRemoteImage,
  putImage,
  putIndex,
  type RemoteImage,
} from '../../../test/support/fake-registry/images.ts';
import { memoryRepository } from '../../../test/support/memory-repository.ts';
import { maxIndexDepth, resolveImage } from './resolve-image.ts';

const amd64: Platform = { os: 'linux', architecture: 'amd64' };

function imageFor(text: string, style: 'oci' | 'docker' = 'oci'): RemoteImage {
  const [os = '', architecture = '', variant] = text.split('/');
  return makeRemoteImage({
    style,
    layers: [{ platform: text }],
    platform: { os, architecture, ...(variant !== undefined && { variant }) },
  });
}

function indexOf(content: RegistryContent, manifests: readonly unknown[], tag?: string): MadeDescriptor {
  const bytes = JSON.stringify({ schemaVersion: 2, mediaType: mediaTypes.ociIndex, manifests });
  const digest = content.putManifest('app', bytes, mediaTypes.ociIndex, tag);
  return { mediaType: mediaTypes.ociIndex, digest, size: Buffer.byteLength(bytes) };
}

test('resolveImage() finds the image of the wanted platform in an OCI index and in a Docker list', async () => {
  for (const style of ['oci', 'docker'] as const) {
    const content = new RegistryContent();
    const images = ['linux/amd64', 'linux/arm64/v8', 'linux/arm/v6', 'linux/arm/v7'].map((platform) =>
      imageFor(platform, style),
    );
    const digest = putIndex(content, 'app', images, 'latest', style);
    const repository = memoryRepository(content, 'app');
    for (const [wanted, position] of [
      ['linux/amd64', 0],
      ['linux/arm64', 1],
      ['linux/arm/v8', 3],
      ['linux/arm/v6', 2],
    ] as const) {
      const found = await resolveImage(repository, 'latest', parsePlatform(wanted));
      assert.equal(found.root.digest, digest);
      assert.equal(found.manifest.digest, images[position]?.descriptor.digest, wanted);
      assert.equal(found.image.config.digest, images[position]?.id);
      assert.equal(found.descriptor.digest, found.manifest.digest);
    }
  }
});

test('resolveImage() takes an image that has no index whatever its platform, as Docker does', async () => {
  const content = new RegistryContent();
  const digest = putImage(content, 'app', imageFor('linux/s390x'), '1');
  const found = await resolveImage(memoryRepository(content, 'app'), '1', amd64);
  assert.equal(found.root.digest, digest);
  assert.equal(found.manifest, found.root);
  assert.equal(found.descriptor.size, found.root.bytes.byteLength);
});

test('resolveImage() says in the words of Docker that no entry matches, and which platforms there are', async () => {
  const content = new RegistryContent();
  putIndex(content, 'app', [imageFor('linux/amd64'), imageFor('linux/ppc64le')], '1');
  await assert.rejects(resolveImage(memoryRepository(content, 'app'), '1', parsePlatform('linux/arm64/v8')), {
    kind: 'not-found',
    code: 'platform-not-found',
    message: 'no matching manifest for linux/arm64/v8 in the manifest list entries',
    hint: 'There is one for linux/amd64, linux/ppc64le.',
  });
});

test('resolveImage() looks into an index in an index, and past one that does not have the platform', async () => {
  const content = new RegistryContent();
  const [arm, amd] = [imageFor('linux/arm64'), imageFor('linux/amd64')];
  putImage(content, 'app', arm);
  putImage(content, 'app', amd);
  indexOf(content, [indexOf(content, [arm.descriptor]), indexOf(content, [amd.descriptor])], '1');
  const found = await resolveImage(memoryRepository(content, 'app'), '1', amd64);
  assert.equal(found.manifest.digest, amd.descriptor.digest);
});

test('resolveImage() takes an entry without a platform only where none states the wanted one', async () => {
  const content = new RegistryContent();
  const [arm, amd] = [imageFor('linux/arm64'), imageFor('linux/amd64')];
  const { platform: _, ...silent } = arm.descriptor;
  putImage(content, 'app', arm);
  putImage(content, 'app', amd);
  indexOf(content, [silent, amd.descriptor], 'both');
  indexOf(content, [silent], 'silent');
  const repository = memoryRepository(content, 'app');
  assert.equal((await resolveImage(repository, 'both', amd64)).manifest.digest, amd.descriptor.digest);
  assert.equal((await resolveImage(repository, 'silent', amd64)).manifest.digest, arm.descriptor.digest);
});

test('resolveImage() finds no image in an index of attestations only', async () => {
  const content = new RegistryContent();
  const image = imageFor('linux/amd64');
  putImage(content, 'app', image);
  const annotations = { 'vnd.docker.reference.type': 'attestation-manifest' };
  const unknown = { ...image.descriptor, platform: { os: 'unknown', architecture: 'unknown' } };
  indexOf(content, [{ ...image.descriptor, annotations }, unknown], '1');
  await assert.rejects(resolveImage(memoryRepository(content, 'app'), '1', amd64), {
    code: 'platform-not-found',
    hint: 'It has no image for any platform.',
  });
});

test('resolveImage() stops at a depth, and at a number of indexes', async () => {
  const content = new RegistryContent();
  const image = imageFor('linux/amd64');
  putImage(content, 'app', image);
  let entry = image.descriptor;
  for (let level = 0; level < maxIndexDepth; level += 1)
    entry = indexOf(content, [entry], `depth${level + 1}`);
  indexOf(content, [entry], 'deeper');
  const repository = memoryRepository(content, 'app');
  const found = await resolveImage(repository, `depth${maxIndexDepth}`, amd64);
  assert.equal(found.manifest.digest, image.descriptor.digest);
  await assert.rejects(resolveImage(repository, 'deeper', amd64), { code: 'index-too-deep' });

  const many = Array.from({ length: 100 }, (_, index) => indexOf(content, [], `wide${index}`));
  const distinct = many.map((one, index) =>
    indexOf(content, [one, { ...one, annotations: { n: `${index}` } }]),
  );
  indexOf(content, distinct, 'wide');
  await assert.rejects(resolveImage(repository, 'wide', amd64), { code: 'index-too-deep' });
});

test('resolveImage() holds a manifest to the size and the media type that its index states', async () => {
  const content = new RegistryContent();
  const image = imageFor('linux/amd64');
  putImage(content, 'app', image);
  indexOf(content, [{ ...image.descriptor, size: image.descriptor.size + 1 }], 'size');
  indexOf(content, [{ ...image.descriptor, mediaType: mediaTypes.dockerManifest }], 'type');
  const repository = memoryRepository(content, 'app');
  await assert.rejects(resolveImage(repository, 'size', amd64), { kind: 'invalid', code: 'size-mismatch' });
  await assert.rejects(resolveImage(repository, 'type', amd64), {
    kind: 'invalid',
    code: 'document-invalid',
  });
});
