import type { Digest } from '../../oci/digest.ts';
import type { Platform } from '../../oci/platform.ts';
import type { RemoteManifest, RepositoryClient } from '../client/repository.ts';
import type { RemoteOptions } from '../ports.ts';
import { copyBlob } from './copy-blob.ts';
import { planCopy } from './copy-plan.ts';
import { forEachAtOnce } from '../../base/for-each-at-once.ts';

/** Blobs on their way at the same time. */
const atOnce = 4;

export interface CopyRequest {
  readonly source: RepositoryClient;
  /** A tag or a digest. */
  readonly reference: string;
  readonly target: RepositoryClient;
  /** A tag. */
  readonly tag: string;
  /** Only the image for it; the whole index otherwise. */
  readonly platform?: Platform | undefined;
}

/**
 * Copies an image from one repository to another, byte for byte and without storing anything here. What the target has
 * is not sent again, so a copy that was stopped goes on where it was. Names come last: first blobs, then images,
 * then the index under its tag.
 *
 * @returns the digest of what the tag names now
 */
export async function copyBetween(
  { source, reference, target, tag, platform }: CopyRequest,
  options: RemoteOptions = {},
): Promise<Digest> {
  const { blobs, manifests } = await planCopy(source, reference, platform, options);
  await forEachAtOnce(blobs, (blob, signal) => copyBlob(source, target, blob, { ...options, signal }), {
    atOnce,
    signal: options.signal,
  });
  const root = manifests.at(-1) as RemoteManifest;
  for (const { digest, bytes, mediaType } of manifests) {
    const name = digest === root.digest ? tag : digest;
    await target.putManifest(name, bytes, mediaType, { signal: options.signal });
  }
  return root.digest;
}
