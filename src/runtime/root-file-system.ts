import { mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { systemErrorCode } from '../base/errors.ts';
import type { Digest } from '../oci/digest.ts';
import type { LayerDriver } from '../layers/drivers/driver.ts';
import type { ContainerPaths } from './container-paths.ts';
import { makeMissingMountPoints, type MountPlace } from './mount-points.ts';

/** The part of the layer driver that running needs. */
export type RootDriver = Pick<LayerDriver, 'name' | 'mount' | 'unmount'>;

export interface RootOptions {
  readonly diffIds: readonly Digest[];
  /** What the container writes need not survive a power cut. */
  readonly volatile: boolean;
  /** Where the mount points that the image lacks are kept, for all its containers; it may go at any time nothing runs. */
  readonly init: string;
  /** Mount points besides those that every container has. */
  readonly places?: readonly MountPlace[];
}

/** Mounts a container's root file system at `paths.merged`: the image's layers, the container's changes on top. */
export async function mountRoot(
  driver: RootDriver,
  { upper, work, merged }: ContainerPaths,
  options: RootOptions,
): Promise<void> {
  const { diffIds, volatile } = options;
  // A volatile mount leaves a mark in the scratch folder that keeps it from being used again.
  rmSync(work, { recursive: true, force: true });
  for (const folder of [upper, work, merged]) mkdirSync(folder, { recursive: true });
  const init = await initOf(driver, merged, options);
  await driver.mount({
    diffIds,
    upper,
    work,
    target: merged,
    ...(volatile ? { volatile } : {}),
    ...(init === undefined ? {} : { init }),
  });
}

/**
 * The folder with the mount points that the image lacks, or undefined where it lacks none. Only the first container of
 * an image looks for them, at its layers without anything on top.
 */
async function initOf(
  driver: RootDriver,
  target: string,
  { diffIds, init, places }: RootOptions,
): Promise<string | undefined> {
  const known = entriesOf(init);
  if (known !== undefined) return known.length === 0 ? undefined : init;
  await driver.mount({ diffIds, target });
  try {
    mkdirSync(dirname(init), { recursive: true, mode: 0o700 });
    const fresh = mkdtempSync(join(dirname(init), 'new-'));
    makeMissingMountPoints(target, fresh, places);
    publish(fresh, init);
  } finally {
    await driver.unmount({ target });
  }
  return (entriesOf(init) ?? []).length === 0 ? undefined : init;
}

/** Another process may have been faster, with the same result. */
function publish(fresh: string, init: string): void {
  try {
    renameSync(fresh, init);
  } catch (error) {
    if (!['ENOTEMPTY', 'EEXIST'].includes(systemErrorCode(error) ?? '')) throw error;
    rmSync(fresh, { recursive: true });
  }
}

function entriesOf(folder: string): string[] | undefined {
  try {
    return readdirSync(folder);
  } catch (error) {
    if (systemErrorCode(error) === 'ENOENT') return undefined;
    throw error;
  }
}
