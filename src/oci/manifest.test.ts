import assert from 'node:assert/strict';
import test from 'node:test';
import { digestOf } from './digest.ts';
import { formatManifest, type ImageManifest, parseManifest } from './manifest.ts';
import { mediaTypes } from './media-types.ts';

const config = { mediaType: mediaTypes.ociConfig, digest: digestOf('config'), size: 6 };
const layer = { mediaType: mediaTypes.ociLayerGzip, digest: digestOf('layer'), size: 5 };
const plain = { schemaVersion: 2, mediaType: mediaTypes.ociManifest, config, layers: [layer] };

const parse = (document: object, mediaType?: string): unknown =>
  parseManifest(Buffer.from(JSON.stringify(document)), mediaType === undefined ? {} : { mediaType });

test('parseManifest() reads a manifest that formatManifest() wrote, and both give the same bytes again', () => {
  const manifest: ImageManifest = {
    kind: 'manifest',
    mediaType: mediaTypes.ociManifest,
    config,
    layers: [{ ...layer, annotations: { b: '<2>', a: '1' } }],
    annotations: { z: '1', y: '2' },
  };
  const bytes = formatManifest(manifest);
  assert.deepEqual(parseManifest(bytes), manifest);
  assert.equal(
    bytes.toString(),
    `{"schemaVersion":2,"mediaType":"${mediaTypes.ociManifest}","config":${JSON.stringify(config)},` +
      `"layers":[{"mediaType":"${layer.mediaType}","digest":"${layer.digest}","size":5,` +
      `"annotations":{"a":"1","b":"\\u003c2\\u003e"}}],"annotations":{"y":"2","z":"1"}}`,
  );
});

test('parseManifest() reads an index with platforms, and takes the announced type where the document has none', () => {
  const platform = { architecture: 'arm', os: 'linux', variant: 'v7' };
  const index = {
    schemaVersion: 2,
    manifests: [{ ...layer, mediaType: mediaTypes.dockerManifest, platform }],
  };
  assert.deepEqual(parse(index, mediaTypes.dockerManifestList), {
    kind: 'index',
    mediaType: mediaTypes.dockerManifestList,
    manifests: [{ ...layer, mediaType: mediaTypes.dockerManifest, platform }],
  });
});

const many = Array.from({ length: 10_000 }, () => layer);
for (const [what, document, announced] of [
  ['both layers and manifests (CVE-2021-41190)', { ...plain, manifests: [] }],
  ['layers in another case than the specification', { ...plain, Layers: [layer] }],
  ['a media type that was announced as another', plain, mediaTypes.dockerManifest],
  ['an index type on a manifest', { ...plain, mediaType: mediaTypes.ociIndex }],
  ['a digest that is a path', { ...plain, layers: [{ ...layer, digest: 'sha256:../../x' }] }],
  ['an upper-case digest', { ...plain, layers: [{ ...layer, digest: layer.digest.toUpperCase() }] }],
  ['a fraction for a size', { ...plain, layers: [{ ...layer, size: 1.5 }] }],
  ['a negative size', { ...plain, layers: [{ ...layer, size: -1 }] }],
  ['a size in a string', { ...plain, layers: [{ ...layer, size: '5' }] }],
  ['no size', { ...plain, config: { digest: config.digest } }],
  ['no config', { schemaVersion: 2, layers: [] }],
  ['ten thousand layers', { ...plain, layers: many }],
  ['another schema version', { ...plain, schemaVersion: 3 }],
] as const) {
  test(`parseManifest() refuses ${what}`, () => {
    assert.throws(() => parse(document, announced), { kind: 'invalid', code: 'document-invalid' });
  });
}

test('parseManifest() says that schema 1 is not supported', () => {
  assert.throws(() => parse({ schemaVersion: 1, fsLayers: [], history: [] }), { kind: 'unsupported' });
});
