import { existsSync } from 'node:fs';
import type { LayerView } from '../layers/layer-view.ts';
import type { Digest } from '../oci/digest.ts';
import type { Store } from './store.ts';

/**
 * What is below a container's own changes, as one tree: its layers, read through their indexes, and the mount points that
 * the image lacks. Nothing needs to be mounted.
 *
 * @param init the container's folder of such mount points, which need not be there
 */
export async function openLowers(store: Store, containerId: string, init: string): Promise<LayerView> {
  const layers = await store.layers();
  return layers.openView(layersOf(store, containerId), existsSync(init) ? { init } : {});
}

/** Bottom first. */
function layersOf({ db }: Store, containerId: string): Digest[] {
  return db
    .all<{ diff_id: Digest }>(
      'SELECT diff_id FROM container_layers WHERE container_id = ? ORDER BY position',
      containerId,
    )
    .map(({ diff_id: diffId }) => diffId);
}
