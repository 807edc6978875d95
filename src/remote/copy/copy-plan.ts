import { isLamellaError, LamellaError } from '../../base/errors.ts';
import type { Descriptor } from '../../oci/descriptor.ts';
import type { Digest } from '../../oci/digest.ts';
import type { ImageManifest } from '../../oci/manifest.ts';
import { formatPlatform, type Platform } from '../../oci/platform.ts';
import type { RemoteManifest, RepositoryClient, RequestOptions } from '../client/repository.ts';
import { readDescribed, type ReadManifest, readManifest } from '../manifest/read-manifest.ts';
import { maxIndexDepth, resolveImage } from '../manifest/resolve-image.ts';

/** All that a copy brings. */
export interface CopyPlan {
  /** Each once, whatever number of images it is part of. */
  readonly blobs: readonly Descriptor[];
  /** In an order in which each comes after all that it names; the last is the one that the name stands for. */
  readonly manifests: readonly RemoteManifest[];
}

/** Most images of one index. */
const maxManifests = 1024;

/**
 * Finds out what belongs to a name, with all its platforms or with one.
 *
 * @throws LamellaError not-found `manifest-unknown` where a registry's index names what it does not have, invalid
 *   `index-too-deep`
 */
export async function planCopy(
  repository: RepositoryClient,
  reference: string,
  platform: Platform | undefined,
  options: RequestOptions,
): Promise<CopyPlan> {
  const blobs = new Map<Digest, Descriptor>();
  const manifests = new Map<Digest, RemoteManifest>();

  const addImage = (remote: RemoteManifest, { config, layers }: ImageManifest): void => {
    for (const blob of [config, ...layers]) if (!isElsewhere(blob)) blobs.set(blob.digest, blob);
    manifests.set(remote.digest, remote);
  };
  const add = async ({ remote, document }: ReadManifest, depth: number): Promise<void> => {
    if (document.kind === 'manifest') {
      addImage(remote, document);
      return;
    }
    if (depth > maxIndexDepth) throw tooDeep(`nested deeper than ${maxIndexDepth} levels`);
    for (const entry of document.manifests) {
      if (manifests.has(entry.digest)) continue;
      if (manifests.size >= maxManifests) throw tooDeep(`made of more than ${maxManifests} manifests`);
      await add(await readEntry(repository, entry, options), depth + 1);
    }
    manifests.set(remote.digest, remote);
  };

  if (platform === undefined) {
    await add(await readManifest(repository, reference, options), 1);
  } else {
    const { manifest, image } = await resolveImage(repository, reference, platform, options);
    addImage(manifest, image);
  }
  return { blobs: [...blobs.values()], manifests: [...manifests.values()] };
}

async function readEntry(
  repository: RepositoryClient,
  entry: Descriptor,
  options: RequestOptions,
): Promise<ReadManifest> {
  try {
    return await readDescribed(repository, entry, options);
  } catch (error) {
    if (!isLamellaError(error, 'not-found')) throw error;
    const what = entry.platform === undefined ? entry.digest : formatPlatform(entry.platform);
    throw new LamellaError(
      'not-found',
      `manifest for ${what} is named by the index but is not in ${repository.domain}/${repository.path}`,
      { code: 'manifest-unknown', hint: 'Copy one platform that is there with --platform.', cause: error },
    );
  }
}

/** Layers that must not be distributed stay where their URLs say. */
function isElsewhere({ urls }: Descriptor): boolean {
  return urls !== undefined && urls.length > 0;
}

function tooDeep(what: string): LamellaError {
  return new LamellaError('invalid', `index is ${what}`, { code: 'index-too-deep' });
}
