import { LamellaError } from '../../base/errors.ts';
import type { Descriptor } from '../../oci/descriptor.ts';
import type { ImageIndex, ImageManifest } from '../../oci/manifest.ts';
import { formatPlatform, type Platform } from '../../oci/platform.ts';
import type { RemoteManifest, RepositoryClient, RequestOptions } from '../client/repository.ts';
import { candidatesFor, imagesOf } from './platform-candidates.ts';
import { readDescribed, readManifest } from './read-manifest.ts';

/** What a name of a registry stands for on one platform. */
export interface ResolvedImage {
  /** What the tag or digest names: the index, or the manifest itself. Its digest is the image's at the registry. */
  readonly root: RemoteManifest;
  readonly manifest: RemoteManifest;
  /** What the bytes of `manifest` say. */
  readonly image: ImageManifest;
  /** Of the manifest, with the platform that its index states, if there is an index and it states one. */
  readonly descriptor: Descriptor;
}

/** Most indexes inside each other; real images have one, two with some build systems. */
export const maxIndexDepth = 8;

/** Most indexes that are fetched to find one image. */
const maxIndexes = 32;

/**
 * Finds the image for a platform: tag → index → manifest, through indexes in indexes. An image without an index is
 * taken whatever it was made for, as Docker does: whoever wants to be strict looks at its config.
 *
 * @param reference a tag or a digest
 * @throws LamellaError not-found `platform-not-found` in Docker's words, invalid `index-too-deep`, and those of
 *   {@link readDescribed}
 */
export async function resolveImage(
  repository: RepositoryClient,
  reference: string,
  platform: Platform,
  options: RequestOptions = {},
): Promise<ResolvedImage> {
  const { remote: root, document } = await readManifest(repository, reference, options);
  if (document.kind === 'manifest') {
    const descriptor = {
      mediaType: document.mediaType,
      digest: root.digest,
      size: root.bytes.byteLength,
    };
    return { root, manifest: root, image: document, descriptor };
  }
  const search: Search = { repository, platform, options, seen: new Set([root.digest]) };
  const found = await findIn(search, document, 1);
  if (found === undefined) throw noMatch(document, platform);
  return { root, ...found };
}

interface Search {
  readonly repository: RepositoryClient;
  readonly platform: Platform;
  readonly options: RequestOptions;
  /** Digests of the indexes that were looked into. */
  readonly seen: Set<string>;
}

async function findIn(
  search: Search,
  index: ImageIndex,
  depth: number,
): Promise<Omit<ResolvedImage, 'root'> | undefined> {
  for (const descriptor of candidatesFor(search.platform, index)) {
    if (search.seen.has(descriptor.digest)) continue;
    const { remote, document } = await readDescribed(search.repository, descriptor, search.options);
    if (document.kind === 'manifest') return { manifest: remote, image: document, descriptor };
    search.seen.add(descriptor.digest);
    if (depth >= maxIndexDepth) throw tooDeep(`nested deeper than ${maxIndexDepth} levels`);
    if (search.seen.size > maxIndexes) throw tooDeep(`made of more than ${maxIndexes} indexes`);
    const found = await findIn(search, document, depth + 1);
    if (found !== undefined) return found;
  }
  return undefined;
}

function noMatch(index: ImageIndex, platform: Platform): LamellaError {
  const there = imagesOf(index)
    .flatMap(({ platform }) => (platform?.os ? [platform] : []))
    .map(formatPlatform);
  return new LamellaError(
    'not-found',
    `no matching manifest for ${formatPlatform(platform)} in the manifest list entries`,
    {
      code: 'platform-not-found',
      hint:
        there.length === 0
          ? 'It has no image for any platform.'
          : `There is one for ${[...new Set(there)].slice(0, 20).join(', ')}.`,
    },
  );
}

function tooDeep(what: string): LamellaError {
  return new LamellaError('invalid', `index is ${what}`, { code: 'index-too-deep' });
}
