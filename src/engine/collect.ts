import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { unlessMissing } from '../base/files.ts';
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
  await sweepDownloads(store, { now });
  const undoWindow = now ? 0 : store.settings.undoWindow;
  return collector.run(await collector.plan(undoWindow === undefined ? {} : { undoWindow }));
}

/** A download that was stopped can be gone on with for a week, in milliseconds. */
const downloadsStay = 7 * 86_400_000;

/**
 * Removes downloads that nobody has gone on with for a week, or all that nobody needs at present where `now` is set.
 *
 * @returns bytes on disk that are (with `dryRun`: would be) free
 */
export async function sweepDownloads(
  { settings }: Pick<Store, 'settings'>,
  { now = false, dryRun = false }: { now?: boolean; dryRun?: boolean } = {},
): Promise<number> {
  const folder = join(settings.root, 'downloads');
  const names = (await unlessMissing(readdir(folder))) ?? [];
  if (names.every((name) => name === 'locks')) return 0;
  const sweep = await import('../remote/download/sweep-downloads.ts');
  return await sweep.sweepDownloads(folder, { age: now ? 0 : downloadsStay, dryRun });
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
