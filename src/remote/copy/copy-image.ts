import type { Digest } from '../../oci/digest.ts';
import type { Platform } from '../../oci/platform.ts';
import type { RemoteManifest, RepositoryClient } from '../client/repository.ts';
import type { RemoteOptions } from '../ports.ts';
import { copyBlob } from './copy-blob.ts';
import { type CopyPlan, planCopy } from './copy-plan.ts';
import { copyReferrers } from './copy-referrers.ts';
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
  /** Whether signatures, attestations and the like come along. */
  readonly referrers?: boolean | undefined;
}

/**
 * Copies an image from one repository to another, byte for byte and without storing anything here. What the target has
 * is not sent again, so a copy that was stopped goes on where it was. Names come last: first blobs, then images,
 * then the index under its tag, then what refers to any of them.
 *
 * @returns the digest of what the tag names now, and how many referrers came along
 */
export async function copyBetween(
  { source, reference, target, tag, platform, referrers = false }: CopyRequest,
  options: RemoteOptions = {},
): Promise<{ digest: Digest; referrers: number }> {
  const plan = await planCopy(source, reference, platform, options);
  const digest = await bringPlanned(source, target, plan, tag, options);
  if (!referrers) return { digest, referrers: 0 };
  const bring = async (name: string): Promise<void> =>
    void (await bringPlanned(
      source,
      target,
      await planCopy(source, name, undefined, options),
      name,
      options,
    ));
  const subjects = plan.manifests.map((manifest) => manifest.digest);
  return { digest, referrers: await copyReferrers({ source, target, bring }, subjects, options) };
}

/** @param name under which the last manifest of the plan comes: a tag, or its digest */
async function bringPlanned(
  source: RepositoryClient,
  target: RepositoryClient,
  { blobs, manifests }: CopyPlan,
  name: string,
  options: RemoteOptions,
): Promise<Digest> {
  await forEachAtOnce(blobs, (blob, signal) => copyBlob(source, target, blob, { ...options, signal }), {
    atOnce,
    signal: options.signal,
  });
  const root = manifests.at(-1) as RemoteManifest;
  for (const { digest, bytes, mediaType } of manifests) {
    const under = digest === root.digest ? name : digest;
    await target.putManifest(under, bytes, mediaType, { signal: options.signal });
  }
  return root.digest;
}
