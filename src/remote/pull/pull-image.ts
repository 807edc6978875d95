import { rm } from 'node:fs/promises';
import { isLamellaError, LamellaError } from '../../base/errors.ts';
import { type Digest, digestHex } from '../../oci/digest.ts';
import { parseImageConfig } from '../../oci/image-config.ts';
import { isImageConfigMediaType } from '../../oci/media-types.ts';
import { hostPlatform, matchPlatform, type Platform } from '../../oci/platform.ts';
import {
  atDigest,
  formatReference,
  type Reference,
  repositoryName,
  withoutIdleTag,
} from '../../oci/reference.ts';
import type { RepositoryClient } from '../client/repository.ts';
import { forEachAtOnce } from '../../base/for-each-at-once.ts';
import { createDownloads } from '../download/downloads.ts';
import { resolveImage } from '../manifest/resolve-image.ts';
import type { RemoteOptions } from '../ports.ts';
import { demandSpace, needsOf, pairLayers, type PullNeeds, type RemoteLayer } from './plan-pull.ts';
import { adoptLayer, isHere, type PullDeps, pullLayer, type PullLayerDeps } from './pull-layer.ts';

export interface PullOptions extends RemoteOptions {
  /** Whose image of several; this machine's by default. */
  readonly platform?: Platform | undefined;
  /** Told before any layer is fetched. */
  readonly onPlan?: ((needs: PullNeeds) => void) | undefined;
}

/** What a pull brought, or found to be here already. */
export interface Pulled {
  readonly id: Digest;
  /** Of what the name stands for at the registry: of the index, where there is one. */
  readonly digest: Digest;
  /** False where the name stood for this very image before. */
  readonly isNewer: boolean;
}

/** Layers that are brought in at once; each of them unpacks while it comes. */
const layersAtOnce = 3;

/**
 * Brings an image in. Its layers come first, verified; then everything that names something is written at once. What was
 * fetched before a failure stays for the next pull.
 *
 * @param reference with a tag, or with a digest: then no tag moves
 * @throws LamellaError unsupported `image-unsupported`, invalid `manifest-invalid`, no-space, and those of
 *   {@link resolveImage} and {@link pullLayer}
 */
export async function pullImage(
  deps: PullDeps,
  reference: Reference,
  options: PullOptions = {},
): Promise<Pulled> {
  const repository = deps.client.repository(askedFor(reference));
  return (
    (await findHere(deps, repository, reference, options)) ??
    (await bring(deps, repository, reference, options))
  );
}

/** Names that Docker Hub's own hosts answer to: there as everywhere, `ubuntu` is `library/ubuntu`. */
const hubHosts = new Set(['registry.hub.docker.com', 'registry-1.docker.io', 'hub.docker.com']);

function askedFor({ domain, path }: Reference): { domain: string; path: string } {
  return hubHosts.has(domain) && !path.includes('/') ? { domain, path: `library/${path}` } : { domain, path };
}

/** One question to the registry, and no more, for an image that is here as it is there. */
async function findHere(
  deps: PullDeps,
  repository: RepositoryClient,
  reference: Reference,
  { platform = hostPlatform(), signal, onProgress }: PullOptions,
): Promise<Pulled | undefined> {
  const known = find(deps, formatReference(withoutIdleTag(reference)));
  if (known === undefined || matchPlatform(platform, known) === undefined) return undefined;
  const digest = reference.digest ?? (await repository.resolve(reference.tag ?? '', { signal }))?.digest;
  if (digest === undefined) return undefined;
  if (find(deps, formatReference(atDigest(reference, digest)))?.id !== known.id) return undefined;
  const isSound =
    deps.blobs.has(known.id) && deps.memory.diffIds(known.id).every((diffId) => deps.layers.has(diffId));
  if (!isSound) return undefined;
  tellSource(reference, onProgress);
  return { id: known.id, digest, isNewer: false };
}

async function bring(
  deps: PullDeps,
  repository: RepositoryClient,
  reference: Reference,
  { platform = hostPlatform(), signal: outer, onProgress, onPlan }: PullOptions,
): Promise<Pulled> {
  const { blobs, images } = deps;
  const signal = outer ?? new AbortController().signal;
  using lease = deps.createLease();
  const wanted = reference.digest ?? reference.tag ?? 'latest';
  const { root, manifest, image } = await resolveImage(repository, wanted, platform, { signal }).catch(
    (error: unknown) => {
      if (isLamellaError(error) && error.code === 'platform-not-found') tellSource(reference, onProgress);
      throw error;
    },
  );
  tellSource(reference, onProgress);
  const { digest: id, mediaType } = image.config;
  if (!isImageConfigMediaType(mediaType)) {
    throw new LamellaError('unsupported', `unsupported media type ${mediaType}`, {
      code: 'image-unsupported',
      hint: `${repositoryName(reference)} holds something else than an image there.`,
    });
  }
  const configBytes = blobs.has(id)
    ? await blobs.read(id)
    : await repository.document(image.config, { signal });
  const layers = pairLayers(image, parseImageConfig(configBytes));
  lease.add(id, root.digest, manifest.digest, ...layers.flatMap((l) => [l.diffId, l.descriptor.digest]));

  const downloads = createDownloads(deps.downloads);
  await using _use = await downloads.use({ signal });
  const needs = await needsOf(deps, downloads, layers);
  onPlan?.(needs);
  await demandSpace(deps.root, needs);
  const shared = { ...deps, repository, downloads, lease };
  const proven = await pullLayers(shared, layers, { signal, onProgress });

  const adopted: string[] = [];
  for (const layer of proven) adopted.push(...(await adoptLayer({ ...shared, signal }, layer)));
  signal.throwIfAborted();
  const before = find(deps, formatReference(withoutIdleTag(reference)))?.id;
  if (root.digest !== manifest.digest) await blobs.putBytes(root.bytes);
  await images.add(
    {
      config: configBytes,
      manifest: { bytes: manifest.bytes, mediaType: image.mediaType },
      layerBlobs: proven.flatMap(({ diffId, descriptor: { digest, size, mediaType } }) =>
        digest === diffId ? [] : [{ diffId, digest, size, mediaType }],
      ),
      names: [...(reference.digest === undefined ? [reference] : []), atDigest(reference, root.digest)],
    },
    'pull',
  );
  await Promise.all(adopted.map((path) => rm(path, { force: true })));
  return { id, digest: root.digest, isNewer: before !== id };
}

/** @returns those of which it was seen that they are what their compressed bytes unpack to: manifests may say anything */
async function pullLayers(
  deps: Omit<PullLayerDeps, 'signal' | 'onProgress'>,
  layers: readonly RemoteLayer[],
  { signal, onProgress }: { signal: AbortSignal; onProgress: RemoteOptions['onProgress'] },
): Promise<RemoteLayer[]> {
  // The same layer may stand in an image several times.
  const distinct = [
    ...new Map(layers.map((layer) => [`${layer.descriptor.digest} ${layer.diffId}`, layer])).values(),
  ];
  const idOf = (layer: RemoteLayer): string => digestHex(layer.descriptor.digest).slice(0, 12);
  const tell = (layer: RemoteLayer, status: string, current?: number, total?: number): void =>
    onProgress?.({
      id: idOf(layer),
      status,
      ...(current === undefined ? {} : { current }),
      ...(total === undefined ? {} : { total }),
    });
  const missing: RemoteLayer[] = [];
  for (const layer of distinct) {
    const known = await isHere(deps, layer);
    tell(layer, known ? 'Already exists' : 'Pulling fs layer');
    if (!known) missing.push(layer);
  }
  // The largest first: one that begins last would have the machine to itself in the end.
  missing.sort((one, other) => other.descriptor.size - one.descriptor.size);
  for (const layer of missing.slice(layersAtOnce)) tell(layer, 'Waiting');
  const proven: RemoteLayer[] = [];
  const bringIn = async (layer: RemoteLayer, signal: AbortSignal): Promise<void> => {
    const watch: PullLayerDeps['onProgress'] = (...progress) => tell(layer, ...progress);
    if (await pullLayer({ ...deps, signal, onProgress: watch }, layer)) proven.push(layer);
  };
  await forEachAtOnce(missing, bringIn, { atOnce: layersAtOnce, signal });
  return proven;
}

/** Docker's first line, which it prints once the registry has answered. */
function tellSource(reference: Reference, onProgress: RemoteOptions['onProgress']): void {
  const { digest, tag = '', path } = reference;
  const id = digest === undefined ? tag : formatReference(withoutIdleTag(reference));
  onProgress?.({ id, status: `Pulling from ${path}` });
}

function find({ images }: PullDeps, name: string): ReturnType<PullDeps['images']['find']> | undefined {
  try {
    return images.find(name);
  } catch (error) {
    if (isLamellaError(error, 'not-found')) return undefined;
    throw error;
  }
}
