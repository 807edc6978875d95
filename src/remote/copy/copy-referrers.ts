import { isLamellaError, LamellaError } from '../../base/errors.ts';
import type { Descriptor } from '../../oci/descriptor.ts';
import { type Digest, digestAlgorithm, digestHex } from '../../oci/digest.ts';
import { formatManifest, type ImageIndex } from '../../oci/manifest.ts';
import { mediaTypes } from '../../oci/media-types.ts';
import type { RepositoryClient, RequestOptions } from '../client/repository.ts';
import { readManifest } from '../manifest/read-manifest.ts';

/** How `cosign` attaches what it makes, since before registries knew of referrers: as tags. */
const tagSuffixes = ['sig', 'att', 'sbom'] as const;

/** What refers to one image, and to what does so in turn. */
const mostReferrers = 1000;

export interface ReferrerCopy {
  readonly source: RepositoryClient;
  readonly target: RepositoryClient;
  /** Copies what a tag or digest of the source names, under that very name. */
  readonly bring: (reference: string) => Promise<void>;
}

/**
 * Brings signatures, attestations, lists of parts: all that says of itself that it belongs to one of these manifests, in
 * all three ways that are in use.
 *
 *     referrers API         the registry lists manifests whose `subject` is the image (OCI Distribution Specification 1.1)
 *     tag `sha256-<hex>`    an index of the same, where the registry does not know that API; kept at such a target, too
 *     tag `sha256-<hex>.sig`, `.att`, `.sbom`    of cosign
 *
 * @returns how many there are
 */
export async function copyReferrers(
  { source, target, bring }: ReferrerCopy,
  subjects: readonly Digest[],
  options: RequestOptions = {},
): Promise<number> {
  const seen = new Set<Digest>(subjects);
  let count = 0;
  // What is found on the way is looked at as well: a signature of an attestation, for one.
  for (const subject of seen) {
    const brought: Descriptor[] = [];
    for (const descriptor of await referrersOf(source, subject, options)) {
      if (!(await isAbout(source, descriptor, subject, options))) continue;
      if (count >= mostReferrers) throw tooMany();
      await bring(descriptor.digest);
      brought.push(descriptor);
      seen.add(descriptor.digest);
      count += 1;
    }
    if (brought.length > 0) await keepListed(target, subject, brought, options);
    for (const suffix of tagSuffixes) {
      const tag = `${tagOf(subject)}.${suffix}`;
      if ((await source.resolve(tag, options)) === undefined) continue;
      await bring(tag);
      count += 1;
    }
  }
  return count;
}

async function referrersOf(
  repository: RepositoryClient,
  subject: Digest,
  options: RequestOptions,
): Promise<readonly Descriptor[]> {
  const listed = await repository.referrers(subject, options);
  return listed ?? (await tagged(repository, subject, options))?.manifests ?? [];
}

/** A list may say anything: what counts is what the manifest itself says. */
async function isAbout(
  repository: RepositoryClient,
  { digest }: Descriptor,
  subject: Digest,
  options: RequestOptions,
): Promise<boolean> {
  try {
    const { document } = await readManifest(repository, digest, options);
    return document.subject?.digest === subject;
  } catch (error) {
    if (isLamellaError(error, 'not-found')) return false;
    throw error;
  }
}

/** A registry with the API has listed them when they came; for others whoever pushes keeps the list. */
async function keepListed(
  target: RepositoryClient,
  subject: Digest,
  brought: readonly Descriptor[],
  options: RequestOptions,
): Promise<void> {
  if ((await target.referrers(subject, options)) !== undefined) return;
  const before = (await tagged(target, subject, options))?.manifests ?? [];
  const known = new Set(before.map(({ digest }) => digest));
  const added = brought.filter(({ digest }) => !known.has(digest));
  if (added.length === 0) return;
  const index: ImageIndex = {
    kind: 'index',
    mediaType: mediaTypes.ociIndex,
    manifests: [...before, ...added],
  };
  await target.putManifest(tagOf(subject), formatManifest(index), index.mediaType, options);
}

async function tagged(
  repository: RepositoryClient,
  subject: Digest,
  options: RequestOptions,
): Promise<ImageIndex | undefined> {
  const tag = tagOf(subject);
  if ((await repository.resolve(tag, options)) === undefined) return undefined;
  const { document } = await readManifest(repository, tag, options);
  return document.kind === 'index' ? document : undefined;
}

/** OCI Distribution Specification, "Referrers Tag Schema". */
function tagOf(subject: Digest): string {
  return `${digestAlgorithm(subject).slice(0, 32)}-${digestHex(subject).slice(0, 64)}`;
}

function tooMany(): LamellaError {
  return new LamellaError('invalid', `more than ${mostReferrers} referrers`, { code: 'too-many-referrers' });
}
