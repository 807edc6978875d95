import { statfs } from 'node:fs/promises';
import { LamellaError } from '../../base/errors.ts';
import type { Descriptor } from '../../oci/descriptor.ts';
import type { Digest } from '../../oci/digest.ts';
import type { ImageConfig } from '../../oci/image-config.ts';
import type { ImageManifest } from '../../oci/manifest.ts';
import { layerCompression } from '../../oci/media-types.ts';
import type { Downloads } from '../download/downloads.ts';
import type { RemoteDeps } from '../ports.ts';

/** A layer as its manifest and its image's config name it. */
export interface RemoteLayer {
  readonly descriptor: Descriptor;
  readonly diffId: Digest;
}

/** What a pull will take. */
export interface PullNeeds {
  /** Bytes that will be fetched. */
  readonly fetch: number;
  /** Bytes that the store will need: an estimate, since nobody says how large a layer is when it is unpacked. */
  readonly disk: number;
  readonly inodes: number;
}

/** How much larger than its compressed form a layer is, as a rule. */
const usualGrowth = { gzip: 3, zstd: 3.2, none: 0 } as const;
/** Files that a layer, or an image, takes in the store. */
const inodesPerLayer = 6;

/**
 * Pairs what travels with what it unpacks to, bottom first.
 *
 * @throws LamellaError invalid `manifest-invalid` where manifest and config do not belong together, unsupported
 *   `layer-unsupported`
 */
export function pairLayers({ layers }: ImageManifest, { diffIds }: ImageConfig): RemoteLayer[] {
  if (layers.length !== diffIds.length) {
    throw new LamellaError(
      'invalid',
      `mismatched image layers and diff IDs: ${layers.length} layers in the manifest, ${diffIds.length} in the config`,
      { code: 'manifest-invalid' },
    );
  }
  return layers.map((descriptor, position) => {
    if (layerCompression(descriptor.mediaType) === undefined) {
      throw new LamellaError('unsupported', `unsupported media type ${descriptor.mediaType}`, {
        code: 'layer-unsupported',
        hint: 'Layers are tar archives, plain or compressed with gzip or zstd.',
      });
    }
    return { descriptor, diffId: diffIds[position] as Digest };
  });
}

export async function needsOf(
  { layers, blobs }: Pick<RemoteDeps, 'layers' | 'blobs'>,
  downloads: Downloads,
  wanted: readonly RemoteLayer[],
): Promise<PullNeeds> {
  let fetch = 0;
  let disk = 0;
  const missing = wanted.filter(({ diffId }) => !layers.has(diffId));
  for (const { descriptor } of missing) {
    const { digest, size, mediaType } = descriptor;
    const compression = layerCompression(mediaType) ?? 'none';
    const here = blobs.has(digest) ? size : await downloads.received(digest, size);
    fetch += size - here;
    disk += size - here + Math.ceil(size * (usualGrowth[compression] || 1));
  }
  return { fetch, disk, inodes: missing.length * inodesPerLayer };
}

/**
 * Refuses what cannot end well. Only what is certain counts: what is fetched is kept, and no layer is smaller when it is
 * unpacked.
 *
 * @throws LamellaError no-space `no-space`
 */
export async function demandSpace(root: string, { fetch, inodes }: PullNeeds): Promise<void> {
  if (inodes === 0) return;
  const { bavail, bsize, files, ffree } = await statfs(root);
  const free = bavail * bsize;
  if (free < 2 * fetch) throw noSpace(root, `at least ${2 * fetch} bytes are needed, ${free} are free`);
  // File systems that make inodes as they go say that they have none.
  if (files > 0 && ffree < inodes) throw noSpace(root, `${inodes} inodes are needed, ${ffree} are free`);
}

function noSpace(root: string, what: string): LamellaError {
  return new LamellaError('no-space', `write ${root}: no space left on device: ${what}`, {
    code: 'no-space',
    hint: 'Free some space, for example with: lamella image prune',
  });
}
