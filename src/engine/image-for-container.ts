import type { ContainerImage } from '../runtime/types.ts';
import type { Store } from './store.ts';

/** What a container takes from its image. @throws LamellaError not-found `image-not-found` */
export async function imageForContainer({ images }: Store, name: string): Promise<ContainerImage> {
  const { id } = images.find(name);
  const { diffIds, os, architecture, config = {} } = await images.config(id);
  return { id, diffIds, os, architecture, config };
}
