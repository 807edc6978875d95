import { mergeLowers, type LowerDirectory } from '../layers/lower-view.ts';
import { layerNode } from '../layers/lower-layers.ts';
import type { Digest } from '../oci/digest.ts';
import type { Store } from './store.ts';

/** The layers of a container as one tree, read through their indexes: nothing needs to be mounted. */
export async function withLowers<T>(
  store: Store,
  containerId: string,
  action: (lower: LowerDirectory) => Promise<T> | T,
): Promise<T> {
  const layers = await store.layers();
  using open = new DisposableStack();
  const nodes = layersOf(store, containerId)
    .map((diffId) => layerNode(open.use(layers.openLayer(diffId))))
    .reverse();
  return await action(mergeLowers(nodes));
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
