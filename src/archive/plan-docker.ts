import { digestOf } from '../oci/digest.ts';
import { type ImageConfig, parseImageConfig } from '../oci/image-config.ts';
import type { ImageManifest } from '../oci/manifest.ts';
import { matchPlatform, type Platform } from '../oci/platform.ts';
import { parseReference, type Reference } from '../oci/reference.ts';
import { invalidArchive, missingMember } from './archive-error.ts';
import type { ArchiveSource, WantedLayer } from './archive-source.ts';
import { type DockerImage, parseDockerManifest } from './docker-manifest.ts';
import { blobName, memberNameOf } from './member-name.ts';
import { listManifests, noMatch, wrongLayerCount } from './plan-oci.ts';
import type { PlannedImage } from './planned-image.ts';

type Documents = Pick<ArchiveSource, 'document'>;

/**
 * Reads the documents of a docker-archive: `manifest.json` says which images there are and how they are called. Where an
 * OCI layout stands beside it (Docker 25 and newer), the OCI manifests of the same images are kept.
 */
export async function planDockerArchive(
  source: Documents,
  manifestBytes: Buffer,
  { platform }: { platform?: Platform | undefined },
): Promise<PlannedImage[]> {
  const listed = parseDockerManifest(manifestBytes);
  const indexBytes = await source.document('index.json');
  const manifests = indexBytes === undefined ? [] : await listManifests(source, indexBytes);
  const images = new Map<string, PlannedImage>();
  const unsuitable: ImageConfig[] = [];
  for (const image of listed) {
    const planned = await planImage(source, image, manifests);
    const config = parseImageConfig(planned.config);
    if (platform !== undefined && matchPlatform(platform, config) === undefined) {
      unsuitable.push(config);
      continue;
    }
    const same = images.get(planned.id);
    images.set(planned.id, { ...planned, names: [...(same?.names ?? []), ...planned.names] });
  }
  if (platform !== undefined && images.size === 0 && unsuitable.length > 0) {
    throw noMatch(
      platform,
      unsuitable.map((config) => ({ platform: config })),
    );
  }
  // A parent is a link within the archive: elsewhere it would claim what this machine has made.
  return [...images.values()].map(({ parentId, ...image }) => ({
    ...image,
    ...(parentId !== undefined && images.has(parentId) && { parentId }),
  }));
}

async function planImage(
  source: Documents,
  { config: configName, layers, repoTags, parent }: DockerImage,
  manifests: readonly { bytes: Buffer; manifest: ImageManifest }[],
): Promise<PlannedImage> {
  const config = await source.document(configName);
  if (config === undefined) throw missingMember(configName);
  const { diffIds } = parseImageConfig(config);
  if (diffIds.length !== layers.length) throw wrongLayerCount(diffIds.length, layers.length);
  const id = digestOf(config);
  const kept = manifests.find(
    ({ manifest }) => manifest.config.digest === id && namesLayers(manifest, layers),
  );
  const descriptors = kept?.manifest.layers ?? [];
  return {
    id,
    config,
    layers: diffIds.map((diffId, position): WantedLayer => {
      const blob = descriptors[position];
      return { member: layers[position] ?? '', diffId, ...(blob && { blob }) };
    }),
    names: repoTags.map(parseTag),
    ...(kept && { manifest: { bytes: kept.bytes, mediaType: kept.manifest.mediaType } }),
    ...(parent !== undefined && { parentId: parent }),
  };
}

/** Whether the OCI manifest speaks of the very members that manifest.json lists. */
function namesLayers(manifest: ImageManifest, layers: readonly string[]): boolean {
  return (
    manifest.layers.length === layers.length &&
    manifest.layers.every(({ digest }, position) => blobName(digest) === memberNameOf(layers[position] ?? ''))
  );
}

function parseTag(text: string): Reference {
  const reference = parseReference(text);
  if (reference.tag === undefined || reference.digest !== undefined) {
    throw invalidArchive(`invalid tag ${JSON.stringify(text)}`);
  }
  return reference;
}
