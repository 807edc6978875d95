import { demandPlatform, parsePlatform } from '../oci/platform.ts';
import type { ContainerImage } from '../runtime/types.ts';
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
