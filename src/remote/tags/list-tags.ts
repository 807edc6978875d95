import { isLamellaError } from '../../base/errors.ts';
import type { Descriptor } from '../../oci/descriptor.ts';
import type { Platform } from '../../oci/platform.ts';
import type { RepositoryClient, RequestOptions } from '../client/repository.ts';
import { createTagDetails, type TagDetails } from './tag-details.ts';
import { mapInOrder } from './map-in-order.ts';
import { sortTags } from './version-order.ts';

/** A tag of a repository, with what it names. */
export interface ListedTag extends TagDetails {
  readonly name: string;
  readonly digest: string;
  readonly mediaType: string;
}

/** Tags looked up at the same time. */
const atOnce = 8;

/**
 * The tags of a repository, sorted as versions with the newest first. Each is looked up shortly before it is asked for,
 * so that memory and requests do not grow with those that nobody looks at; only the names are held. A tag that
 * is gone by then is left out; one whose manifest cannot be understood has no details.
 *
 * @param options.onNames told all names in that order, before the first is looked up
 * @param platform whose size is told; the first one's where an image does not have it
 */
export async function* listTags(
  repository: RepositoryClient,
  platform: Platform,
  { signal, onNames }: RequestOptions & { onNames?: ((names: readonly string[]) => void) | undefined } = {},
): AsyncGenerator<ListedTag, void, undefined> {
  const names = sortTags(await Array.fromAsync(repository.tags({ signal })));
  onNames?.(names);
  const details = createTagDetails(repository, platform);
  const look = async (name: string, signal: AbortSignal): Promise<ListedTag | undefined> => {
    const descriptor = await repository.resolve(name, { signal });
    if (descriptor === undefined) return undefined;
    const { digest, mediaType } = descriptor;
    return { name, digest, mediaType, ...(await knownDetails(details, descriptor, signal)) };
  };
  for await (const tag of mapInOrder(names, look, { atOnce, signal })) {
    if (tag !== undefined) yield tag;
  }
}

async function knownDetails(
  details: (descriptor: Descriptor, signal: AbortSignal) => Promise<TagDetails>,
  descriptor: Descriptor,
  signal: AbortSignal,
): Promise<TagDetails> {
  try {
    return await details(descriptor, signal);
  } catch (error) {
    const isItsOwnFault =
      isLamellaError(error, 'invalid') ||
      isLamellaError(error, 'unsupported') ||
      isLamellaError(error, 'not-found');
    if (!isItsOwnFault) throw error;
    return { size: 0, created: undefined, platforms: [] };
  }
}
