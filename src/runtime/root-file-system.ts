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
  const { upper, work, merged, init } = paths;
  const first = await isMissing(upper);
  await Promise.all([upper, work, merged].map((folder) => mkdir(folder, { recursive: true })));
  const mount = { diffIds, upper, work, target: merged, ...(volatile ? { volatile } : {}) };
  if (!first) return await driver.mount((await isMissing(init)) ? mount : { ...mount, init });
  await driver.mount(mount);
  if (!makeMissingMountPoints(merged, init)) return;
  await driver.unmount({ target: merged });
  // A volatile mount leaves a mark there that forbids another one.
  await removeTree(work);
  await mkdir(work);
  await driver.mount({ ...mount, init });
}

async function isMissing(path: string): Promise<boolean> {
  return await access(path).then(
    () => false,
    () => true,
  );
}
