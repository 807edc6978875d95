import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { writeFileAtomically } from '../base/files.ts';
import { messageOf } from '../base/errors.ts';
import { isMachineRoot, namespaceOwner } from '../base/user.ts';
import type { LayerDriver } from '../layers/drivers/driver.ts';
import type { Settings } from './settings.ts';

export interface StoreDriver {
  /** Undefined where none can mount on this machine: everything but running works all the same. */
  readonly name: LayerDriver['name'] | undefined;
  readonly reason: string;
  readonly rejected: readonly { readonly name: string; readonly reason: string }[];
}

/** Which driver works here and why, tried out anew. */
export async function examineDriver(settings: Settings): Promise<StoreDriver> {
  const { chooseDriver } = await import('../layers/drivers/choose.ts');
  try {
    if (settings.namespaceProblem !== undefined) throw settings.namespaceProblem;
    const { driver, reason, rejected } = await chooseDriver(driverDeps(settings), settings.storageDriver);
    return { name: driver.name, reason, rejected };
  } catch (error) {
    return { name: undefined, reason: messageOf(error), rejected: [] };
  }
}

/**
 * The driver to mount with. That the kernel mounts layers from their files is found out once and remembered in the run
 * folder, which ends with the boot: trying it costs more than mounting a container.
 *
 * @throws LamellaError what {@link chooseDriver} throws
 */
export async function openDriver(settings: Settings): Promise<LayerDriver> {
  if (settings.namespaceProblem !== undefined) throw settings.namespaceProblem;
  const deps = driverDeps(settings);
  if (settings.storageDriver !== 'overlay' && isKnownToWork(settings, 'erofs')) {
    const { createErofsDriver } = await import('../layers/drivers/erofs-driver.ts');
    return createErofsDriver(deps);
  }
  if (
    settings.storageDriver !== 'erofs' &&
    namespaceOwner() !== undefined &&
    isKnownToWork(settings, 'overlay')
  ) {
    const { createOverlayDriver } = await import('../layers/drivers/overlay-driver.ts');
    return createOverlayDriver(deps);
  }
  const { chooseDriver } = await import('../layers/drivers/choose.ts');
  const { driver, rejected } = await chooseDriver(deps, settings.storageDriver);
  const isBest = driver.name === 'erofs' ? rejected.length === 0 : namespaceOwner() !== undefined;
  if (isBest) await writeFileAtomically(markPath(settings, driver.name), '');
  return driver;
}

/** The name of the driver that would mount an image, without trying. */
export function likelyDriverName({ storageDriver }: Settings): string {
  return storageDriver ?? (isMachineRoot() ? 'erofs' : 'overlay');
}

function driverDeps({ root, runFolder }: Settings): { root: string; runDir: string } {
  mkdirSync(runFolder, { recursive: true, mode: 0o700 });
  return { root, runDir: runFolder };
}

function markPath({ runFolder }: Settings, name: LayerDriver['name']): string {
  return join(runFolder, `${name}-works`);
}

function isKnownToWork(settings: Settings, name: LayerDriver['name']): boolean {
  try {
    readFileSync(markPath(settings, name));
    return true;
  } catch {
    return false;
  }
}
