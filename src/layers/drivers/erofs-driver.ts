import { join } from 'node:path';
import type { LayerDriver } from './driver.ts';
import { createLayerMounts, type ErofsBacking } from './layer-mounts.ts';
import { createMountingDriver, type DriverDeps } from './mounting.ts';

/** Layers stay tars: the kernel mounts each through its index. */
export function createErofsDriver(
  deps: DriverDeps,
  { backing = 'file' }: { backing?: ErofsBacking } = {},
): LayerDriver {
  const mounts = createLayerMounts({ root: deps.root, folder: join(deps.runDir, 'layers'), backing });
  return createMountingDriver('erofs', deps, mounts);
}
