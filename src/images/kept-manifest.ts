import type { BlobStore } from '../blobs/blob-store.ts';
import type { Digest } from '../oci/digest.ts';
import { type ImageManifest, parseManifest } from '../oci/manifest.ts';
import type { ImageStore } from './image-store.ts';

export interface KeptManifest {
  readonly bytes: Buffer;
  readonly manifest: ImageManifest;
}

/**
 * The manifest that an image came with, which save and push send as it is. Undefined where it came with none or where it
 * does not fit the image; whether its layers can still be had is another question.
 *
 * @param layers how many layers the image has
 */
export async function readKeptManifest(
  { images, blobs }: { images: Pick<ImageStore, 'manifest'>; blobs: Pick<BlobStore, 'has' | 'read'> },
  { id, layers }: { readonly id: Digest; readonly layers: number },
): Promise<KeptManifest | undefined> {
  const stored = images.manifest(id);
  if (stored === undefined || !blobs.has(stored.digest)) return undefined;
  const bytes = await blobs.read(stored.digest);
  const manifest = parseManifest(bytes, { mediaType: stored.mediaType });
  if (manifest.kind !== 'manifest' || manifest.config.digest !== id) return undefined;
  return manifest.layers.length === layers ? { bytes, manifest } : undefined;
}
