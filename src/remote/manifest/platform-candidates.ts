import type { Descriptor } from '../../oci/descriptor.ts';
import type { ImageIndex } from '../../oci/manifest.ts';
import { isIndexMediaType, isManifestMediaType } from '../../oci/media-types.ts';
import { matchPlatform, type Platform } from '../../oci/platform.ts';

/**
 * The entries of an index that may lead to the image for a platform, the best first: those that state a platform by
 * how well it matches, then indexes that state none, then images that state none (Docker takes those as well).
 */
export function candidatesFor(wanted: Platform, { manifests }: ImageIndex): Descriptor[] {
  const ranked = manifests.filter(mayBeImage).flatMap((descriptor) => {
    const rank = rankOf(wanted, descriptor);
    return rank === undefined ? [] : [{ descriptor, rank }];
  });
  return ranked.sort((one, other) => one.rank - other.rank).map(({ descriptor }) => descriptor);
}

/** The images in an index, without what is only said about them (signatures, attestations). */
export function imagesOf({ manifests }: ImageIndex): Descriptor[] {
  return manifests.filter((descriptor) => {
    const { platform } = descriptor;
    return mayBeImage(descriptor) && (platform === undefined || !isUnknownPlatform(platform));
  });
}

/** BuildKit marks attestations with the platform `unknown/unknown`. */
function isUnknownPlatform({ os, architecture }: Platform): boolean {
  return os === 'unknown' && architecture === 'unknown';
}

function mayBeImage({ mediaType, annotations }: Descriptor): boolean {
  if (annotations?.['vnd.docker.reference.type'] === 'attestation-manifest') return false;
  return mediaType === '' || isManifestMediaType(mediaType) || isIndexMediaType(mediaType);
}

function rankOf(wanted: Platform, { platform, mediaType }: Descriptor): number | undefined {
  if (platform === undefined || (platform.os === '' && platform.architecture === '')) {
    return isIndexMediaType(mediaType) ? 1e6 : 1e7;
  }
  return matchPlatform(wanted, platform);
}
