import { isLamellaError } from '../../base/errors.ts';
import type { ByteStream } from '../../base/streams.ts';
import type { LayerForm } from '../../images/push-memory.ts';
import type { Descriptor } from '../../oci/descriptor.ts';
import type { Digest } from '../../oci/digest.ts';
import { layerCompression } from '../../oci/media-types.ts';
import type { RepositoryClient } from '../client/repository.ts';
import { compressLayer, type CompressDeps, type PushCompression } from './compress-layer.ts';

export interface PushedLayer {
  readonly diffId: Digest;
  /** How the manifest that the image came with names it. */
  readonly kept?: Descriptor;
}

export interface PushLayerDeps extends CompressDeps {
  readonly repository: RepositoryClient;
  /** Undefined: in any form that is known, else in gzip. */
  readonly compression: PushCompression | undefined;
  readonly signal: AbortSignal;
  /** Tells how far the layer is, in Docker's words. */
  readonly onProgress: (status: string, current?: number, total?: number) => void;
}

/** A repository may lack what it had: some sources are asked, not all. */
const mostSources = 3;

/**
 * Sees to it that the repository has a layer, at the least cost: it has it already, mounts it from another
 * repository, gets the blob that is here, or one that is compressed now.
 *
 * @returns the form in which it is there: the kept one, unless that can neither be found nor made again
 */
export async function pushLayer(deps: PushLayerDeps, layer: PushedLayer): Promise<LayerForm> {
  const { repository, blobs, layers, signal, onProgress } = deps;
  const { diffId, kept } = layer;
  const forms = kept === undefined ? knownForms(deps, diffId) : [kept];
  for (const { digest } of forms) deps.hold(digest);
  for (const form of forms) {
    if (!(await repository.hasBlob(form.digest, { signal }))) continue;
    onProgress('Layer already exists');
    return form;
  }
  const mounted = await mountLayer(deps, diffId, forms);
  if (mounted !== undefined) return mounted;

  for (const form of forms) {
    if (!blobs.has(form.digest)) continue;
    if (await uploadStored(deps, form)) return form;
  }
  if (kept !== undefined && kept.digest === diffId && layers.has(diffId)) {
    await upload(deps, kept, (start) =>
      start === 0 ? layers.openTar(diffId) : layers.openTar(diffId, { start }),
    );
    return kept;
  }
  // A foreign layer is where its URLs say; its licence may forbid to send it elsewhere.
  if (kept?.urls !== undefined && kept.urls.length > 0) {
    onProgress('Skipped foreign layer');
    return kept;
  }
  return await pushCompressed(deps, layer);
}

export type FormChoice = Pick<PushLayerDeps, 'memory' | 'compression' | 'blobs'>;

/** The forms that a push may take, the best first. */
export function knownForms({ memory, compression, blobs }: FormChoice, diffId: Digest): LayerForm[] {
  const isWanted = ({ mediaType }: LayerForm): boolean =>
    layerCompression(mediaType) === (compression ?? 'gzip');
  const rank = (form: LayerForm): number => (isWanted(form) ? 0 : 2) + (blobs.has(form.digest) ? 0 : 1);
  return memory
    .forms(diffId)
    .filter((form) => compression === undefined || !form.isMade || isWanted(form))
    .sort((a, b) => rank(a) - rank(b));
}

async function mountLayer(
  { repository, memory, signal, onProgress }: PushLayerDeps,
  diffId: Digest,
  forms: readonly LayerForm[],
): Promise<LayerForm | undefined> {
  const sources = memory.sources(diffId, repository).slice(0, mostSources);
  for (const form of forms) {
    for (const source of sources) {
      if (!(await repository.mountBlob(form.digest, source, { signal }))) continue;
      onProgress(`Mounted from ${source}`);
      return form;
    }
  }
  return undefined;
}

async function pushCompressed(deps: PushLayerDeps, { diffId, kept }: PushedLayer): Promise<LayerForm> {
  const { layers, repository, signal, onProgress } = deps;
  const before = kept && layerCompression(kept.mediaType);
  const compression = before === 'zstd' ? 'zstd' : kept === undefined ? (deps.compression ?? 'gzip') : 'gzip';
  const total = layers.get(diffId)?.tarSize ?? 0;
  const form = await compressLayer(deps, diffId, compression, {
    signal,
    onProgress: (taken) => onProgress('Preparing', taken, total),
  });
  if (await repository.hasBlob(form.digest, { signal })) onProgress('Layer already exists');
  else await uploadBlob(deps, form);
  return kept?.digest === form.digest ? kept : form;
}

/** @returns false where the blob turned out to be damaged: the layer can be compressed again */
async function uploadStored(deps: PushLayerDeps, form: LayerForm): Promise<boolean> {
  try {
    await uploadBlob(deps, form);
    return true;
  } catch (error) {
    if (isLamellaError(error, 'corrupt')) return false;
    // The registry may find it out before the last byte is checked here.
    const isWrong = isLamellaError(error) && error.code === 'digest-mismatch';
    if (isWrong && !(await isSound(deps, form.digest))) return false;
    throw error;
  }
}

async function isSound({ blobs, signal }: PushLayerDeps, digest: Digest): Promise<boolean> {
  try {
    for await (const _ of await blobs.get(digest)) signal.throwIfAborted();
    return true;
  } catch (error) {
    if (isLamellaError(error, 'corrupt')) return false;
    throw error;
  }
}

async function uploadBlob(deps: PushLayerDeps, form: LayerForm): Promise<void> {
  const open = async function* (start: number): ByteStream {
    yield* from(await deps.blobs.get(form.digest), start);
  };
  await upload(deps, form, open);
}

async function upload(
  { repository, signal, onProgress }: PushLayerDeps,
  form: LayerForm,
  open: (start: number) => ByteStream,
): Promise<void> {
  onProgress('Pushing', 0, form.size);
  await repository.uploadBlob(form, open, {
    signal,
    onProgress: (sent) => onProgress('Pushing', sent, form.size),
  });
  onProgress('Pushed');
}

/** The stream without its first bytes, all of which are read, since only the whole can be checked. */
async function* from(stream: ByteStream, start: number): ByteStream {
  let left = start;
  for await (const piece of stream) {
    if (left >= piece.byteLength) {
      left -= piece.byteLength;
      continue;
    }
    yield left === 0 ? piece : piece.subarray(left);
    left = 0;
  }
}
