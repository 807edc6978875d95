import { statfs } from 'node:fs/promises';
import { cancelledError, isLamellaError, LamellaError } from '../../base/errors.ts';
import { createPushMemory, type PushMemory } from '../../images/push-memory.ts';
import type { Digest } from '../../oci/digest.ts';
import { parsePlatform } from '../../oci/platform.ts';
import {
  familiarName,
  familiarReference,
  parseReference,
  type Reference,
  withDefaultTag,
} from '../../oci/reference.ts';
import type { RepositoryClient } from '../../remote/client/repository.ts';
import { pushImage, type PushDeps } from '../../remote/push/push-image.ts';
import { collect } from '../collect.ts';
import type { PushedTag, RegistryEngine } from '../ports/registry-engine.ts';
import { requireWritable, type Store } from '../store.ts';
import type { Remote } from './remote.ts';

type PushOptions = NonNullable<Parameters<RegistryEngine['push']>[1]>;

/** What a token is asked for has an end: so many repositories to mount from are enough. */
const mostSources = 8;

/**
 * Pushes one tag, or all tags of a repository, one after the other.
 *
 * @throws LamellaError not-found `image-not-found`, invalid `reference-invalid`, both in Docker's words; what
 *   {@link pushImage} raises
 */
export async function* pushFrom(
  store: Store,
  remote: Remote,
  name: string,
  options: PushOptions,
): AsyncGenerator<PushedTag> {
  const reference = parseReference(name);
  const tagged = tagsToPush(store, reference, options);
  requireWritable(store);
  const memory = createPushMemory(store.db);
  const deps: PushDeps = {
    layers: await store.layers(),
    blobs: store.blobs,
    images: store.images,
    createLease: () => store.createLease(),
    memory,
  };
  const images = new Set(tagged.map(({ imageId }) => imageId));
  const mountFrom = sourcesOf(memory, reference, images);
  const repository = remote.client.repository(reference, { access: 'push', mountFrom });
  for (const { tag, imageId } of tagged) {
    yield { tag, ...(await pushOne(deps, repository, { ...reference, tag }, imageId, options)) };
  }
  await keepWithinBudget(store, memory);
}

/** What can be made again takes at most so much of the disk that nothing else has. */
const cacheShare = 0.25;

async function keepWithinBudget(store: Store, memory: PushMemory): Promise<void> {
  const made = memory.madeSize();
  const { bavail, bsize } = await statfs(store.settings.root);
  if (made <= (bavail * bsize + made) * cacheShare) return;
  if (memory.trim((bavail * bsize + made) * cacheShare) > 0) await collect(store);
}

async function pushOne(
  deps: PushDeps,
  repository: RepositoryClient,
  reference: Reference & { readonly tag: string },
  imageId: Digest,
  { platform, compression, signal, onProgress, onPlan }: PushOptions,
): Promise<{ digest: Digest; size: number }> {
  try {
    return await pushImage(
      deps,
      {
        imageId,
        repository,
        tag: reference.tag,
        name: familiarReference(reference),
        platform: platform === undefined || platform === '' ? undefined : parsePlatform(platform),
        compression,
      },
      { signal, onProgress, onPlan },
    );
  } catch (error) {
    if (signal?.aborted !== true || isLamellaError(error)) throw error;
    throw cancelledError(signal.reason);
  }
}

function tagsToPush(
  { images }: Store,
  reference: Reference,
  { allTags = false }: PushOptions,
): { tag: string; imageId: Digest }[] {
  if (reference.digest !== undefined) {
    throw new LamellaError('invalid', 'cannot push a digest reference', { code: 'reference-invalid' });
  }
  if (allTags && reference.tag !== undefined) {
    throw new LamellaError('invalid', "tag can't be used with --all-tags/-a", { code: 'reference-invalid' });
  }
  const start = `${familiarName(reference)}:`;
  const known = images
    .list({ all: true })
    .flatMap(({ id, repoTags }) => repoTags.map((text) => ({ text, imageId: id })))
    .filter(({ text }) => text.startsWith(start) && !text.slice(start.length).includes('/'))
    .map(({ text, imageId }) => ({ tag: text.slice(start.length), imageId }))
    .sort((a, b) => (a.tag < b.tag ? -1 : 1));
  if (known.length === 0) {
    throw notHere(`An image does not exist locally with the tag: ${familiarName(reference)}`);
  }
  if (allTags) return known;
  const wanted = withDefaultTag(reference);
  const found = known.filter(({ tag }) => tag === wanted.tag);
  if (found.length === 0) throw notHere(`tag does not exist: ${familiarReference(wanted)}`);
  return found;
}

function notHere(message: string): LamellaError {
  return new LamellaError('not-found', message, {
    code: 'image-not-found',
    hint: 'Give an image this name: lamella tag IMAGE NAME',
  });
}

function sourcesOf(memory: PushMemory, target: Reference, ids: Iterable<Digest>): string[] {
  const sources = new Set<string>();
  for (const id of ids) {
    for (const diffId of memory.diffIds(id)) {
      for (const source of memory.sources(diffId, target)) sources.add(source);
    }
  }
  return [...sources].slice(0, mostSources);
}
