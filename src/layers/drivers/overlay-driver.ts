import { existsSync } from 'node:fs';
import { rename } from 'node:fs/promises';
import { join } from 'node:path';
import { syncDirectory } from '../../base/files.ts';
import { createIngest } from '../../blobs/ingest.ts';
import { lockFile } from '../../linux/flock.ts';
import { syncFileSystem } from '../../linux/syncfs.ts';
import { layerPaths, type LayerPaths } from '../layer-paths.ts';
import { openLayer } from '../open-layer.ts';
import type { LayerDriver } from './driver.ts';
import { createMountingDriver, type DriverDeps } from './mounting.ts';
import { unpackTree, type UnpackOptions } from './unpack-tree.ts';

/** Layers are unpacked into directories when they are first mounted: for kernels that mount no EROFS from files. */
export function createOverlayDriver(deps: DriverDeps, options: UnpackOptions = {}): LayerDriver {
  return createMountingDriver('overlay', deps, {
    async prepare(diffIds) {
      for (const diffId of diffIds) await ensureTree(deps.root, layerPaths(deps.root, diffId), options);
    },
    lowerOf: async (diffId) => layerPaths(deps.root, diffId).tree,
    // Trees stay until the collector takes the layer.
    sweep: async () => {},
  });
}

/**
 * Unpacks a layer unless that has been done. One process does it while others wait; the tree is complete and durable
 * before it has its name, since nobody will check it again.
 */
async function ensureTree(root: string, paths: LayerPaths, options: UnpackOptions): Promise<void> {
  if (existsSync(paths.tree)) return;
  await using _lock = await lockFile(paths.tar);
  if (existsSync(paths.tree)) return;
  await using ingest = await createIngest(root);
  using layer = openLayer(paths);
  const fresh = join(ingest.path, 'tree');
  await unpackTree(layer, fresh, options);
  syncFileSystem(fresh);
  await rename(fresh, paths.tree);
  await syncDirectory(paths.folder);
}
