import type { LayerForm } from '../../images/push-memory.ts';
import type { Digest } from '../../oci/digest.ts';
import { formatManifest, type ImageManifest } from '../../oci/manifest.ts';
import { layerCompression, mediaTypes } from '../../oci/media-types.ts';

/** A manifest as it goes over the line. */
export interface PushManifest {
  readonly bytes: Uint8Array;
  readonly mediaType: string;
}

/**
 * The manifest of an image that has none, or whose layers had to be compressed anew. For layers in gzip it is Docker's
 * schema 2, which is what `docker push` sends for images made locally and what every registry and client takes; with a
 * layer in zstd, which schema 2 does not know, it is OCI's. Everything else in `kept` stays as it is.
 *
 * The same layers always give the same bytes.
 */
export function makePushManifest(
  config: { readonly digest: Digest; readonly size: number },
  layers: readonly LayerForm[],
  kept?: ImageManifest,
): PushManifest {
  const hasZstd = layers.some(({ mediaType }) => layerCompression(mediaType) === 'zstd');
  const isOci = kept === undefined ? hasZstd : hasZstd || kept.mediaType === mediaTypes.ociManifest;
  const types = isOci ? ociTypes : dockerTypes;
  const manifest: ImageManifest = {
    ...kept,
    kind: 'manifest',
    mediaType: isOci ? mediaTypes.ociManifest : mediaTypes.dockerManifest,
    config: {
      ...kept?.config,
      ...config,
      mediaType: isOci ? mediaTypes.ociConfig : mediaTypes.dockerConfig,
    },
    layers: layers.map((layer, position) => {
      const before = kept?.layers[position];
      if (before?.digest === layer.digest) return { ...before, mediaType: typeIn(types, before.mediaType) };
      return { digest: layer.digest, size: layer.size, mediaType: typeIn(types, layer.mediaType) };
    }),
  };
  return { bytes: formatManifest(manifest), mediaType: manifest.mediaType };
}

const ociTypes = {
  none: mediaTypes.ociLayer,
  gzip: mediaTypes.ociLayerGzip,
  zstd: mediaTypes.ociLayerZstd,
};
const dockerTypes = {
  none: mediaTypes.dockerLayer,
  gzip: mediaTypes.dockerLayerGzip,
  zstd: mediaTypes.dockerLayerZstd,
};

/** The same compression in the words of the manifest; foreign layers and what we do not know keep their type. */
function typeIn(types: typeof ociTypes | typeof dockerTypes, mediaType: string): string {
  if (/foreign|nondistributable/.test(mediaType)) return mediaType;
  const compression = layerCompression(mediaType);
  return compression === undefined ? mediaType : types[compression];
}
