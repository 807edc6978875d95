import type { CollectionPlan } from '../images/collector.ts';
import { requireWritable, type Store } from './store.ts';

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

/**
 * Brings content in, and frees what is not needed after it: also where it failed, for then it may have stored some blobs.
 *
 * @throws LamellaError forbidden `store-not-writable`; what `action` throws
 */
export async function collectAfter<T>(store: Store, action: () => Promise<T>): Promise<T> {
  requireWritable(store);
  let result: T;
  try {
    result = await action();
  } catch (error) {
    // On a disk that is full even this may fail; why the action did is what matters.
    await collect(store).catch(() => {});
    throw error;
  }
  await collect(store);
  return result;
}

/** Bytes of files, as Docker counts them, in layers that only removed images still have. */
export async function garbageSize(store: Store): Promise<number> {
  const plan = await (await store.collector()).plan({ undoWindow: 0 });
  const layers = await store.layers();
  return plan.layers.reduce((sum, { digest }) => sum + (layers.get(digest)?.contentSize ?? 0), 0);
}
