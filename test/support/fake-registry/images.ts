import { gzipSync, zstdCompressSync } from 'node:zlib';
import { type Digest, digestOf } from '../../../src/oci/digest.ts';
import { mediaTypes } from '../../../src/oci/media-types.ts';
import type { Platform } from '../../../src/oci/platform.ts';
import { archiveOf, rawMember } from '../tar-archive.ts';
import type { RegistryContent } from './content.ts';

export interface ImageRecipe {
  /** Bottom first: the files of each layer, or its whole tar. */
  readonly layers?: readonly (Readonly<Record<string, string | Buffer>> | Buffer)[];
  readonly compression?: 'gzip' | 'zstd' | 'none';
  /** Whose media types; `oci` by default. */
  readonly style?: 'oci' | 'docker';
  readonly platform?: Platform;
  /** More fields of the config: `created`, `config: { Cmd: … }`. */
  readonly config?: Readonly<Record<string, unknown>>;
}

export interface MadeDescriptor {
  readonly mediaType: string;
  readonly digest: Digest;
  readonly size: number;
  readonly platform?: Readonly<Record<string, unknown>>;
  readonly [more: string]: unknown;
}

export interface RemoteImage {
  /** Of the manifest, with the platform. */
  readonly descriptor: MadeDescriptor;
  readonly manifest: Buffer;
  readonly config: MadeDescriptor;
  /** The digest of the config. */
  readonly id: Digest;
  readonly layers: readonly MadeDescriptor[];
  readonly diffIds: readonly Digest[];
  /** Everything that the manifest names, by digest. */
  readonly blobs: ReadonlyMap<Digest, Buffer>;
}

const compress = {
  gzip: (tar: Buffer) => gzipSync(tar, { level: 1 }),
  zstd: (tar: Buffer) => zstdCompressSync(tar),
  none: (tar: Buffer) => tar,
} as const;

const layerTypes = {
  oci: { gzip: mediaTypes.ociLayerGzip, zstd: mediaTypes.ociLayerZstd, none: mediaTypes.ociLayer },
  docker: {
    gzip: mediaTypes.dockerLayerGzip,
    zstd: mediaTypes.dockerLayerZstd,
    none: mediaTypes.dockerLayer,
  },
} as const;

/** Makes an image in memory; the same recipe always gives the same digests. */
export function makeRemoteImage({
  layers = [{ hello: 'hello\n' }],
  compression = 'gzip',
  style = 'oci',
  platform = { os: 'linux', architecture: 'amd64' },
  config: more = {},
}: ImageRecipe = {}): RemoteImage {
  const blobs = new Map<Digest, Buffer>();
  const add = (mediaType: string, bytes: Buffer): MadeDescriptor => {
    const digest = digestOf(bytes);
    blobs.set(digest, bytes);
    return { mediaType, digest, size: bytes.byteLength };
  };
  const tars = layers.map((layer) => (Buffer.isBuffer(layer) ? layer : tarOfFiles(layer)));
  const diffIds = tars.map(digestOf);
  const config = add(
    style === 'oci' ? mediaTypes.ociConfig : mediaTypes.dockerConfig,
    Buffer.from(
      JSON.stringify({
        created: '2026-01-02T03:04:05Z',
        ...platformJson(platform),
        ...more,
        rootfs: { type: 'layers', diff_ids: diffIds },
      }),
    ),
  );
  const made = tars.map((tar) => add(layerTypes[style][compression], compress[compression](tar)));
  const mediaType = style === 'oci' ? mediaTypes.ociManifest : mediaTypes.dockerManifest;
  const manifest = Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType, config, layers: made }));
  const descriptor = {
    mediaType,
    digest: digestOf(manifest),
    size: manifest.byteLength,
    platform: platformJson(platform),
  };
  return { descriptor, manifest, config, id: config.digest, layers: made, diffIds, blobs };
}

/** Puts an image into a repository, under a tag or its digest only. */
export function putImage(content: RegistryContent, path: string, image: RemoteImage, tag?: string): Digest {
  for (const bytes of image.blobs.values()) content.putBlob(path, bytes);
  return content.putManifest(path, image.manifest, image.descriptor.mediaType, tag);
}

/** Puts images for several platforms and the index that names them. */
export function putIndex(
  content: RegistryContent,
  path: string,
  images: readonly RemoteImage[],
  tag?: string,
  style: 'oci' | 'docker' = 'oci',
): Digest {
  for (const image of images) putImage(content, path, image);
  const mediaType = style === 'oci' ? mediaTypes.ociIndex : mediaTypes.dockerManifestList;
  const manifests = images.map(({ descriptor }) => descriptor);
  return content.putManifest(
    path,
    JSON.stringify({ schemaVersion: 2, mediaType, manifests }),
    mediaType,
    tag,
  );
}

function tarOfFiles(files: Readonly<Record<string, string | Buffer>>): Buffer {
  return archiveOf(...Object.entries(files).map(([name, bytes]) => rawMember({ name }, bytes)));
}

function platformJson({ os, architecture, variant, osVersion }: Platform): Record<string, unknown> {
  return {
    architecture,
    os,
    ...(variant !== undefined && { variant }),
    ...(osVersion !== undefined && { 'os.version': osVersion }),
  };
}
