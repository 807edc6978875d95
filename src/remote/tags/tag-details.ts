import { LamellaError } from '../../base/errors.ts';
import type { Descriptor } from '../../oci/descriptor.ts';
import { goTimeToMilliseconds, parseGoTime } from '../../oci/go-time.ts';
import { parseImageConfig } from '../../oci/image-config.ts';
import type { ImageIndex, ImageManifest } from '../../oci/manifest.ts';
import { isImageConfigMediaType } from '../../oci/media-types.ts';
import { formatPlatform, type Platform } from '../../oci/platform.ts';
import type { RepositoryClient } from '../client/repository.ts';
import { candidatesFor, imagesOf } from '../manifest/platform-candidates.ts';
import { readDescribed, readManifest } from '../manifest/read-manifest.ts';

export interface TagDetails {
  /** Bytes of the config and the layers, compressed as they are at the registry. */
  readonly size: number;
  /** Milliseconds since 1970; undefined where the image does not say. */
  readonly created: number | undefined;
  /** `linux/amd64`, … */
  readonly platforms: readonly string[];
}

/** Digests whose details are held: tags that name the same image mostly stand close to each other. */
const remembered = 256;

/** Looks up what a manifest says; once for all tags that name the same. */
export function createTagDetails(
  repository: RepositoryClient,
  platform: Platform,
): (descriptor: Descriptor, signal: AbortSignal) => Promise<TagDetails> {
  const known = new Map<string, Promise<TagDetails>>();
  return async (descriptor, signal) => {
    const { digest } = descriptor;
    const found = known.get(digest);
    if (found !== undefined) return await found;
    const looked = lookAt(repository, digest, platform, signal);
    looked.catch(() => known.delete(digest));
    known.set(digest, looked);
    const [oldest] = known.keys();
    if (known.size > remembered && oldest !== undefined) known.delete(oldest);
    return await looked;
  };
}

async function lookAt(
  repository: RepositoryClient,
  digest: string,
  platform: Platform,
  signal: AbortSignal,
): Promise<TagDetails> {
  const { document } = await readManifest(repository, digest, { signal });
  if (document.kind === 'manifest') {
    const config = await readConfig(repository, document, signal);
    const platforms = config === undefined ? [] : [formatPlatform(config.platform)];
    return { size: sizeOf(document), created: config?.created, platforms };
  }
  const platforms = imagesOf(document).flatMap(({ platform }) =>
    platform ? [formatPlatform(platform)] : [],
  );
  const image = await oneImage(repository, document, platform, signal);
  if (image === undefined) return { size: 0, created: undefined, platforms };
  const config = await readConfig(repository, image, signal);
  if (platforms.length === 0 && config !== undefined) platforms.push(formatPlatform(config.platform));
  return { size: sizeOf(image), created: config?.created, platforms: [...new Set(platforms)] };
}

/** The image for the platform, else the first; undefined where there is none close by. */
async function oneImage(
  repository: RepositoryClient,
  index: ImageIndex,
  platform: Platform,
  signal: AbortSignal,
): Promise<ImageManifest | undefined> {
  const descriptor = candidatesFor(platform, index)[0] ?? imagesOf(index)[0];
  if (descriptor === undefined) return undefined;
  const { document } = await readDescribed(repository, descriptor, { signal });
  return document.kind === 'manifest' ? document : undefined;
}

async function readConfig(
  repository: RepositoryClient,
  { config }: ImageManifest,
  signal: AbortSignal,
): Promise<{ platform: Platform; created: number | undefined } | undefined> {
  if (!isImageConfigMediaType(config.mediaType)) return undefined;
  const image = parseImageConfig(await repository.document(config, { signal }));
  const created = image.created === undefined ? undefined : goTimeToMilliseconds(parseGoTime(image.created));
  return { platform: image, created };
}

function sizeOf({ config, layers }: ImageManifest): number {
  const size = [config, ...layers].reduce((sum, descriptor) => sum + descriptor.size, 0);
  if (Number.isSafeInteger(size)) return size;
  throw new LamellaError('invalid', 'invalid manifest: layers: too large', { code: 'document-invalid' });
}
