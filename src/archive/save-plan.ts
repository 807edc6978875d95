import { LamellaError } from '../base/errors.ts';
import { type ByteStream, streamOf } from '../base/streams.ts';
import type { Descriptor } from '../oci/descriptor.ts';
import { readKeptManifest } from '../images/kept-manifest.ts';
import { type Digest, digestOf } from '../oci/digest.ts';
import { parseImageConfig } from '../oci/image-config.ts';
import { formatManifest, type ImageManifest } from '../oci/manifest.ts';
import { mediaTypes } from '../oci/media-types.ts';
import { demandPlatform, type Platform } from '../oci/platform.ts';
import { familiarReference } from '../oci/reference.ts';
import type { ArchiveDeps } from './ports.ts';
import type { SelectedImage } from './select-images.ts';

/** Content of the archive that is named by its digest. */
export interface SavedBlob {
  readonly digest: Digest;
  /** bytes */
  readonly size: number;
  /** Gives the bytes, each time anew. A piece is good until the next one is asked for. */
  open(): Promise<ByteStream> | ByteStream;
}

/** One image, all that names it and all that it names. */
export interface SavedImage extends SelectedImage {
  readonly config: SavedBlob;
  readonly manifest: SavedBlob & { readonly mediaType: string };
  /** Bottom first. */
  readonly layers: readonly SavedBlob[];
}

/**
 * What goes into the archive for one image. The manifest it came with stays, with the very layer blobs that it names, as
 * long as they are all here; otherwise the image gets the manifest that Docker would make for it: of uncompressed layers.
 */
export async function planSavedImage(
  { id, tags }: SelectedImage,
  { layers, blobs, images }: ArchiveDeps,
  platform?: Platform,
): Promise<SavedImage> {
  const configBytes = await images.configBytes(id);
  const imageConfig = parseImageConfig(configBytes);
  const { diffIds } = imageConfig;
  const [tag] = tags;
  if (platform !== undefined) demandPlatform(imageConfig, platform, tag ? familiarReference(tag) : id);
  const sizes = diffIds.map((diffId) => {
    const layer = layers.get(diffId);
    if (layer !== undefined) return layer.tarSize;
    throw new LamellaError('corrupt', `layer ${diffId} of image ${id} is not in the store`, {
      code: 'layer-missing',
      hint: 'Load or import the image again.',
    });
  });
  const plainLayer = (diffId: Digest, size: number): SavedBlob => ({
    digest: diffId,
    size,
    open: () => layers.openTar(diffId, { lend: true }),
  });

  function isHere({ digest, size }: Descriptor, position: number): boolean {
    if (digest === diffIds[position]) return size === sizes[position];
    return blobs.stat(digest)?.size === size;
  }

  const stored = await readKeptManifest({ images, blobs }, { id, layers: diffIds.length });
  const kept = stored?.manifest.layers.every(isHere) === true ? stored : undefined;
  const manifest = kept?.manifest ?? plainManifest({ id, size: configBytes.byteLength }, diffIds, sizes);
  const bytes = kept?.bytes ?? formatManifest(manifest);
  return {
    id,
    tags,
    config: inMemory(configBytes, id),
    manifest: { ...inMemory(bytes, digestOf(bytes)), mediaType: manifest.mediaType },
    layers: manifest.layers.map(({ digest, size }, position) =>
      digest === diffIds[position]
        ? plainLayer(digest, size)
        : { digest, size, open: () => blobs.get(digest) },
    ),
  };
}

/** The same bytes as Docker's, so that both give an image the same digest. */
function plainManifest(
  config: { id: Digest; size: number },
  diffIds: readonly Digest[],
  sizes: readonly number[],
): ImageManifest {
  return {
    kind: 'manifest',
    mediaType: mediaTypes.ociManifest,
    config: { mediaType: mediaTypes.ociConfig, digest: config.id, size: config.size },
    layers: diffIds.map((digest, position) => ({
      mediaType: mediaTypes.ociLayer,
      digest,
      size: sizes[position] ?? 0,
    })),
  };
}

function inMemory(bytes: Uint8Array, digest: Digest): SavedBlob {
  return {
    digest,
    size: bytes.byteLength,
    open: () => streamOf(bytes),
  };
}
