import type { ByteStream } from '../../base/streams.ts';
import type { Digest } from '../../oci/digest.ts';
import type { BuildRun } from '../build-run.ts';
import type { Stage } from '../../dockerfile/parse-dockerfile.ts';

/**
 * The layer that the cache has for a key, or what `make` makes and the cache then has.
 *
 * @param make undefined where there is nothing to put into a layer
 */
export async function cachedLayer(
  run: BuildRun,
  stage: Stage,
  { key, description }: { readonly key: string; readonly description: string },
  make: () => Promise<Digest | undefined>,
): Promise<{ readonly diffId: Digest | undefined; readonly cached: boolean }> {
  const known = run.isCacheless(stage) ? undefined : run.cache.find(key);
  if (known !== undefined) {
    if (known !== null) run.keep(known);
    return { diffId: known ?? undefined, cached: true };
  }
  const diffId = await make();
  run.cache.remember(key, diffId ?? null, description);
  return { diffId, cached: false };
}

/** Puts a layer's tar into the store. */
export async function storeLayer(run: BuildRun, tar: ByteStream): Promise<Digest> {
  const { signal } = run.request;
  await using staged = await run.layers.stage(tar, { compression: 'none', signal });
  run.keep(staged.diffId);
  return run.layers.publish(staged).diffId;
}
