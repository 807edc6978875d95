import type { CollectionPlan } from '../images/collector.ts';
import type { Store } from './store.ts';

/**
 * Frees what nothing reaches any more. Removed images stay for the undo window first, unless `now` is set.
 *
 * @returns what went
 */
export async function collect(
  store: Store,
  { now = false }: { now?: boolean } = {},
): Promise<CollectionPlan> {
  const collector = await store.collector();
  const undoWindow = now ? 0 : store.settings.undoWindow;
  return collector.run(await collector.plan(undoWindow === undefined ? {} : { undoWindow }));
}

/** Bytes of files, as Docker counts them, in layers that only removed images still have. */
export async function garbageSize(store: Store): Promise<number> {
  const plan = await (await store.collector()).plan({ undoWindow: 0 });
  const layers = await store.layers();
  return plan.layers.reduce((sum, { digest }) => sum + (layers.get(digest)?.contentSize ?? 0), 0);
}
