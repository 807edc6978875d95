import { access, mkdir } from 'node:fs/promises';
import { removeTree } from '../base/files.ts';
import type { Digest } from '../oci/digest.ts';
import type { LayerDriver, LayerMount } from '../layers/drivers/driver.ts';
import type { ContainerPaths } from './container-paths.ts';
import { makeMissingMountPoints } from './mount-points.ts';

/** The part of the layer driver that running needs. `init` is one more lower between the image's top layer and `upper`. */
export interface RootDriver extends Pick<LayerDriver, 'name' | 'unmount'> {
  mount(mount: LayerMount & { readonly init?: string }): Promise<void>;
}

/**
 * Mounts a container's root file system at `paths.merged`: the image's layers, the container's changes on top.
 *
 * @param options.volatile what the container writes need not survive a power cut
 */
export async function mountRoot(
  driver: RootDriver,
  paths: ContainerPaths,
  { diffIds, volatile }: { diffIds: readonly Digest[]; volatile: boolean },
): Promise<void> {
  const { upper, merged, init } = paths;
  const first = await isMissing(upper);
  const mount = async (more: { init?: string }): Promise<void> => {
    await makeFolders(paths);
    const { work } = paths;
    await driver.mount({ diffIds, upper, work, target: merged, ...(volatile ? { volatile } : {}), ...more });
  };
  if (!first) return await mount((await isMissing(init)) ? {} : { init });
  await mount({});
  if (!makeMissingMountPoints(merged, init)) return;
  await driver.unmount({ target: merged });
  await mount({ init });
}

/** The scratch folder is made anew: a volatile mount leaves a mark in it that keeps it from being used again. */
async function makeFolders({ upper, work, merged }: ContainerPaths): Promise<void> {
  await removeTree(work);
  await Promise.all([upper, work, merged].map((folder) => mkdir(folder, { recursive: true })));
}

async function isMissing(path: string): Promise<boolean> {
  return await access(path).then(
    () => false,
    () => true,
  );
}
