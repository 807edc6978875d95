import { cancelledError, isLamellaError, LamellaError } from '../../base/errors.ts';
import { parsePlatform } from '../../oci/platform.ts';
import { createPushMemory } from '../../images/push-memory.ts';
import {
  familiarReference,
  parseReference,
  type Reference,
  withDefaultTag,
  withoutIdleTag,
} from '../../oci/reference.ts';
import { pullImage } from '../../remote/pull/pull-image.ts';
import type { PullDeps } from '../../remote/pull/pull-layer.ts';
import { collectAfter } from '../collect.ts';
import type { PulledImage, RegistryEngine } from '../ports/registry-engine.ts';
import type { Store } from '../store.ts';
import type { Remote } from './remote.ts';

type PullOptions = NonNullable<Parameters<RegistryEngine['pull']>[1]>;

/** Pulls one image, or every tag of a repository, one after the other. */
export async function* pullInto(
  store: Store,
  remote: Remote,
  name: string,
  options: PullOptions,
): AsyncGenerator<PulledImage> {
  const reference = parseReference(name);
  if (options.allTags !== true) {
    yield await pullOne(store, remote, withDefaultTag(reference), options);
    return;
  }
  if (reference.tag !== undefined || reference.digest !== undefined) {
    throw new LamellaError('invalid', "tag can't be used with --all-tags/-a", { code: 'reference-invalid' });
  }
  const { signal } = options;
  for await (const tag of remote.client.repository(reference).tags({ signal })) {
    yield await pullOne(store, remote, { ...reference, tag }, options);
  }
}

async function pullOne(
  store: Store,
  remote: Remote,
  reference: Reference,
  { platform, signal, onProgress, onPlan }: PullOptions,
): Promise<PulledImage> {
  const deps = await pullDeps(store, remote);
  const pulled = await collectAfter(store, async () => {
    try {
      return await pullImage(deps, reference, {
        platform: platform === undefined || platform === '' ? undefined : parsePlatform(platform),
        signal,
        onProgress,
        onPlan,
      });
    } catch (error) {
      throw signal?.aborted === true && !isLamellaError(error) ? cancelledError(signal.reason) : error;
    }
  });
  return { ...pulled, name: familiarReference(withoutIdleTag(reference)) };
}

async function pullDeps(store: Store, { client, downloads }: Remote): Promise<PullDeps> {
  return {
    client,
    root: store.settings.root,
    downloads,
    layers: await store.layers(),
    blobs: store.blobs,
    images: store.images,
    memory: createPushMemory(store.db),
    createLease: () => store.createLease(),
  };
}
