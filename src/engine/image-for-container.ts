import { isLamellaError, LamellaError } from '../base/errors.ts';
import type { Digest } from '../oci/digest.ts';
import { demandPlatform, parsePlatform } from '../oci/platform.ts';
import type { ContainerImage, ContainerRequest } from '../runtime/types.ts';
import type { HostConfig } from '../runtime/host-config.ts';
import type { Store } from './store.ts';

/**
 * What a container takes from its image.
 *
 * @param platform what the image must be made for, or undefined where any will do
 * @throws LamellaError not-found `image-not-found`, or `platform-not-found` where it is made for another platform
 */
export async function imageForContainer(
  { images }: Store,
  name: string,
  platform: string | undefined,
): Promise<ContainerImage> {
  const wanted = platform === undefined || platform === '' ? undefined : parsePlatform(platform);
  const { id } = images.find(name);
  const image = await images.config(id);
  if (wanted !== undefined) demandPlatform(image, wanted, name);
  const { diffIds, os, architecture, config = {} } = image;
  return { id, diffIds, os, architecture, config };
}

/**
 * The images that `--mount type=image` names.
 *
 * @throws LamellaError not-found `mount-image-not-found`
 */
export async function imagesForMounts(
  { images }: Store,
  mounts: HostConfig['Mounts'],
): Promise<NonNullable<ContainerRequest['mountedImages']>> {
  const names = new Set(
    mounts.filter(({ Type, Source }) => Type === 'image' && Source !== '').map(({ Source }) => Source),
  );
  return await Promise.all([...names].map(async (name) => ({ name, diffIds: await layersOf(images, name) })));
}

async function layersOf(images: Store['images'], name: string): Promise<readonly Digest[]> {
  try {
    return (await images.config(images.find(name).id)).diffIds;
  } catch (error) {
    if (!isLamellaError(error, 'not-found')) throw error;
    // Not the image that the container is made of: nobody shall pull that one.
    throw new LamellaError('not-found', error.message, { code: 'mount-image-not-found', cause: error });
  }
}
