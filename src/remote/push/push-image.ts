import { createLimiter } from '../../base/limiter.ts';
import { streamOf } from '../../base/streams.ts';
import { type KeptManifest, readKeptManifest } from '../../images/kept-manifest.ts';
import type { LayerForm, PushMemory } from '../../images/push-memory.ts';
import { type Digest, digestHex } from '../../oci/digest.ts';
import { parseImageConfig } from '../../oci/image-config.ts';
import { layerCompression } from '../../oci/media-types.ts';
import { demandPlatform, type Platform } from '../../oci/platform.ts';
import type { RepositoryClient } from '../client/repository.ts';
import { forEachAtOnce } from '../../base/for-each-at-once.ts';
import type { RemoteDeps, RemoteOptions } from '../ports.ts';
import type { CompressDeps, PushCompression } from './compress-layer.ts';
import { findPushed } from './find-pushed.ts';
import { type PushedLayer, pushLayer, type PushLayerDeps } from './push-layer.ts';
import { createPushPlan } from './push-plan.ts';
import { makePushManifest, type PushManifest } from './push-manifest.ts';

/** As many as Docker pushes at the same time. */
const atOnce = 5;
/** One reads and writes while the other has the cores. */
const compressedAtOnce = 2;

export interface PushRequest {
  readonly imageId: Digest;
  readonly repository: RepositoryClient;
  readonly tag: string;
  /** For the words of errors. */
  readonly name: string;
  /** What the image must be made for; any will do by default. */
  readonly platform?: Platform | undefined;
  readonly compression?: PushCompression | undefined;
}

export interface PushOptions extends RemoteOptions {
  /** Told how many bytes will be sent in all, as far as that is known, whenever more is known. */
  readonly onPlan?: ((plan: { readonly send: number }) => void) | undefined;
}

export interface PushDeps extends Pick<RemoteDeps, 'layers' | 'blobs' | 'images' | 'createLease'> {
  readonly memory: PushMemory;
}

/**
 * Pushes one image under one tag. What came from a registry, or compressed from an archive, goes byte for byte, under its own
 * manifest, wherever its layers can still be had; layers made here are compressed once and for all.
 *
 *     config, and layers with the topmost first ─▶ manifest ─▶ the tag is there
 *
 * A push that was stopped leaves nothing wrong: what the registry has, and what was compressed, need not be done again.
 *
 * @returns digest and size (bytes) of the manifest
 * @throws LamellaError not-found `platform-not-found`; corrupt `layer-missing`; what the client raises
 */
export async function pushImage(
  deps: PushDeps,
  request: PushRequest,
  options: PushOptions = {},
): Promise<{ digest: Digest; size: number }> {
  const { imageId, repository, tag, name, platform, compression } = request;
  const { signal } = options;
  using lease = deps.createLease();
  const configBytes = await deps.images.configBytes(imageId);
  const config = parseImageConfig(configBytes);
  if (platform !== undefined) demandPlatform(config, platform, name);
  const kept = await manifestToKeep(deps, imageId, config.diffIds.length);
  lease.add(imageId, ...config.diffIds);
  const hold = (digest: Digest): void => lease.add(digest);

  const layers = config.diffIds.map((diffId, position): PushedLayer => {
    const descriptor = kept?.manifest.layers[position];
    return { diffId, ...(descriptor && { kept: descriptor }) };
  });
  const manifestOf = (forms: readonly LayerForm[]): PushManifest =>
    kept !== undefined && isKept(forms, kept)
      ? { bytes: kept.bytes, mediaType: kept.manifest.mediaType }
      : makePushManifest({ digest: imageId, size: configBytes.byteLength }, forms, kept?.manifest);

  const distinct = distinctLayers(layers);
  tellLayers(distinct, options);
  const image = { id: imageId, tag, layers, manifestOf };
  const there = await findPushed({ ...deps, repository, compression }, image, signal);
  if (there !== undefined) {
    for (const layer of distinct.values()) tellOf(layer, options)('Layer already exists');
    return there;
  }
  const pushed = await pushBlobs({ ...deps, hold }, request, configBytes, distinct, options);
  const forms = layers.map((layer) => pushed.get(keyOf(layer)) as LayerForm);
  if (kept !== undefined && !isKept(forms, kept)) {
    options.onProgress?.({
      id: '',
      status:
        'Compressed layers of this image are not here any more: they were made anew, and its digest is new',
    });
  }
  const { bytes, mediaType } = manifestOf(forms);
  const digest = await repository.putManifest(tag, bytes, mediaType, { signal });
  deps.memory.pushed(imageId, repository, digest);
  return { digest, size: bytes.byteLength };
}

function isKept(forms: readonly LayerForm[], { manifest }: KeptManifest): boolean {
  return forms.every(({ digest }, position) => digest === manifest.layers[position]?.digest);
}

/**
 * The manifest that the image came with, unless a `save` made it for want of compressed layers: one from an archive that names
 * plain tars. As with Docker, those are compressed before they travel.
 */
async function manifestToKeep(deps: PushDeps, id: Digest, layers: number): Promise<KeptManifest | undefined> {
  const kept = await readKeptManifest(deps, { id, layers });
  const isPlain = kept?.manifest.layers.some(({ mediaType }) => layerCompression(mediaType) === 'none');
  return isPlain === true && !deps.memory.isFromRegistry(id) ? undefined : kept;
}

/** By what tells them apart, topmost first. A layer that the image has twice is pushed once. */
function distinctLayers(layers: readonly PushedLayer[]): Map<string, PushedLayer> {
  return new Map(layers.toReversed().map((layer) => [keyOf(layer), layer]));
}

function keyOf({ diffId, kept }: PushedLayer): string {
  return `${diffId} ${kept?.digest}`;
}

function tellLayers(distinct: ReadonlyMap<string, PushedLayer>, options: RemoteOptions): void {
  for (const layer of distinct.values()) tellOf(layer, options)('Preparing');
  for (const layer of [...distinct.values()].slice(atOnce)) tellOf(layer, options)('Waiting');
}

function tellOf({ diffId }: PushedLayer, { onProgress }: RemoteOptions): PushLayerDeps['onProgress'] {
  return (status, current, total) =>
    onProgress?.({
      id: digestHex(diffId).slice(0, 12),
      status,
      ...(current !== undefined && total !== undefined && { current, total }),
    });
}

/**
 * Config and layers, all that the manifest names.
 *
 * @returns how the layers are there
 */
async function pushBlobs(
  deps: PushDeps & Pick<CompressDeps, 'hold'>,
  { imageId, repository, compression }: PushRequest,
  config: Uint8Array,
  distinct: ReadonlyMap<string, PushedLayer>,
  options: PushOptions,
): Promise<ReadonlyMap<string, LayerForm>> {
  const { signal } = options;
  const plan = createPushPlan({ ...deps, compression }, distinct, options.onPlan);
  const pushed = new Map<string, LayerForm>();
  const compressTurn = createLimiter(compressedAtOnce);
  const work = [...distinct].map(([key, layer]) => async (either: AbortSignal): Promise<void> => {
    const context = {
      ...deps,
      compressTurn,
      repository,
      compression,
      signal: either,
      onProgress: plan.watch(key, tellOf(layer, options)),
    };
    pushed.set(key, await pushLayer(context, layer));
  });
  const first = (either: AbortSignal): Promise<void> => pushConfig(repository, imageId, config, either);
  await forEachAtOnce([first, ...work], (job, either) => job(either), { atOnce: atOnce + 1, signal });
  return pushed;
}

async function pushConfig(
  repository: RepositoryClient,
  digest: Digest,
  bytes: Uint8Array,
  signal: AbortSignal,
): Promise<void> {
  if (await repository.hasBlob(digest, { signal })) return;
  const open = (start: number): AsyncIterable<Uint8Array> => streamOf(bytes.subarray(start));
  await repository.uploadBlob({ digest, size: bytes.byteLength }, open, { signal });
}
