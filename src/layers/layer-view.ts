import type { Digest } from '../oci/digest.ts';
import { folderNode } from './lower-folder.ts';
import { layerNode } from './lower-layers.ts';
import { mergeLowers, singleDirectory, type LowerDirectory } from './lower-view.ts';
import { openLayer } from './open-layer.ts';
import { layerPaths } from './layer-paths.ts';

/** An image's layers as one tree, read through their indexes: needs no mount and no root. */
export interface LayerView extends LowerDirectory, Disposable {}

/**
 * @param diffIds the bottom layer first
 * @param options.init a plain directory on top of them, as the driver's mount takes it
 */
export function openLayerView(
  root: string,
  diffIds: readonly Digest[],
  { init }: { init?: string } = {},
): LayerView {
  using guard = new DisposableStack();
  // Nodes open more in it while the view is used, so it must stay the one that they know.
  const opened = guard.use(new DisposableStack());
  const nodes = [...new Set(diffIds.toReversed())].map((diffId) =>
    layerNode({ ...opened.use(openLayer(layerPaths(root, diffId))), name: diffId }),
  );
  if (init !== undefined) nodes.unshift(folderNode(opened, init));
  const merged = mergeLowers(nodes);
  guard.move();
  return { ...merged, [Symbol.dispose]: () => opened.dispose() };
}

/** A plain directory of this machine in the same form. Nothing outside of it is reached through its symlinks. */
export function openFolderView(path: string): LayerView {
  using guard = new DisposableStack();
  const opened = guard.use(new DisposableStack());
  const directory = singleDirectory(folderNode(opened, path));
  guard.move();
  return { ...directory, [Symbol.dispose]: () => opened.dispose() };
}
