import { gzipSync, zstdCompressSync } from 'node:zlib';
import { type Digest, digestHex, digestOf } from '../../src/oci/digest.ts';
import { mediaTypes } from '../../src/oci/media-types.ts';
import { archiveOf, rawMember } from './tar-archive.ts';

/** A layer for fixtures. */
export interface MadeLayer {
  readonly tar: Buffer;
  readonly diffId: Digest;
}

export function makeLayer(files: Readonly<Record<string, string>>): MadeLayer {
  const tar = archiveOf(...Object.entries(files).map(([name, content]) => rawMember({ name }, content)));
  return { tar, diffId: digestOf(tar) };
}

export interface MadeImage {
  readonly id: Digest;
  readonly config: Buffer;
  readonly layers: readonly MadeLayer[];
  readonly tags: readonly string[];
}

export function makeImage(
  layers: readonly MadeLayer[],
  tags: readonly string[] = [],
  more: Readonly<Record<string, unknown>> = {},
): MadeImage {
  const config = Buffer.from(
    JSON.stringify({
      architecture: 'amd64',
      os: 'linux',
      ...more,
      rootfs: { type: 'layers', diff_ids: layers.map(({ diffId }) => diffId) },
    }),
  );
  return { id: digestOf(config), config, layers, tags };
}

/** Members of a tar by name; a string in an array is the target of a symlink. */
export type Members = Record<string, Buffer | string | [link: string]>;

export function tarOf(members: Members): Buffer {
  return archiveOf(
    ...Object.entries(members).map(([name, content]) =>
      Array.isArray(content)
        ? rawMember({ name, type: '2', linkName: content[0] })
        : rawMember({ name }, content),
    ),
  );
}

/** As Docker before 25 wrote it: `<id>/layer.tar`, a layer that was written already as a link, manifest.json last. */
export function oldDockerArchive(images: readonly MadeImage[]): Members {
  const members: Members = {};
  const places = new Map<Digest, string>();
  const manifest = images.map((image) => {
    const layers = image.layers.map(({ diffId, tar }, position) => {
      const folder = digestHex(digestOf(`${image.id} ${position}`));
      const place = places.get(diffId);
      members[`${folder}/VERSION`] = '1.0';
      members[`${folder}/json`] = JSON.stringify({ id: folder });
      members[`${folder}/layer.tar`] = place === undefined ? tar : [`../${place}`];
      places.set(diffId, place ?? `${folder}/layer.tar`);
      return `${folder}/layer.tar`;
    });
    const config = `${digestHex(image.id)}.json`;
    members[config] = image.config;
    return { Config: config, RepoTags: image.tags.length === 0 ? null : image.tags, Layers: layers };
  });
  return { ...members, 'manifest.json': JSON.stringify(manifest), repositories: '{}' };
}

type LayerForm = 'none' | 'gzip' | 'zstd';

const compressors: Readonly<
  Record<LayerForm, readonly [mediaType: string, compress: (tar: Buffer) => Buffer]>
> = {
  none: [mediaTypes.ociLayer, (tar: Buffer) => tar],
  gzip: [mediaTypes.ociLayerGzip, (tar: Buffer) => gzipSync(tar)],
  zstd: [mediaTypes.ociLayerZstd, (tar: Buffer) => zstdCompressSync(tar)],
};

export interface Descriptor {
  readonly mediaType: string;
  readonly digest: Digest;
  readonly size: number;
  readonly [more: string]: unknown;
}

/** Puts content among the members under its digest, and says what it is. */
export function addBlob(members: Members, mediaType: string, content: Buffer | string): Descriptor {
  const bytes = Buffer.from(content);
  const digest = digestOf(bytes);
  members[`blobs/sha256/${digestHex(digest)}`] = bytes;
  return { mediaType, digest, size: bytes.byteLength };
}

export function addManifest(members: Members, image: MadeImage, compression: LayerForm = 'none'): Descriptor {
  const [mediaType, compress] = compressors[compression];
  const document = {
    schemaVersion: 2,
    mediaType: mediaTypes.ociManifest,
    config: addBlob(members, mediaTypes.ociConfig, image.config),
    layers: image.layers.map(({ tar }) => addBlob(members, mediaType, compress(tar))),
  };
  return addBlob(members, mediaTypes.ociManifest, JSON.stringify(document));
}

export function addIndex(members: Members, manifests: readonly Descriptor[]): Descriptor {
  return addBlob(members, mediaTypes.ociIndex, indexOf(manifests));
}

export function indexOf(manifests: readonly Descriptor[]): string {
  return JSON.stringify({ schemaVersion: 2, mediaType: mediaTypes.ociIndex, manifests });
}

/** Blobs first, documents last, as containers/image writes it: the hardest order for who reads a stream. */
export function ociLayout(images: readonly MadeImage[], compression: LayerForm = 'gzip'): Members {
  const members: Members = {};
  const manifests = images.flatMap((image) => {
    const descriptor = addManifest(members, image, compression);
    if (image.tags.length === 0) return [descriptor];
    return image.tags.map((tag) => ({
      ...descriptor,
      annotations: { 'org.opencontainers.image.ref.name': tag },
    }));
  });
  members['oci-layout'] = '{"imageLayoutVersion":"1.0.0"}';
  members['index.json'] = indexOf(manifests);
  return members;
}
