import { LamellaError } from '../../base/errors.ts';
import { tap } from '../../base/streams.ts';
import type { LayerForm, PushMemory } from '../../images/push-memory.ts';
import type { Digest } from '../../oci/digest.ts';
import { mediaTypes } from '../../oci/media-types.ts';
import { compressInParallel } from '../../tar/parallel-compress.ts';
import type { RemoteDeps } from '../ports.ts';

export type PushCompression = 'gzip' | 'zstd';

export interface CompressDeps extends Pick<RemoteDeps, 'layers' | 'blobs'> {
  readonly memory: PushMemory;
  /** Each compression uses all cores: more than a few at once would only cost memory. */
  readonly compressTurn: <T>(action: () => Promise<T>) => Promise<T>;
}

/**
 * Compresses a layer and keeps the result, so that no later push has to, whichever process and registry it is for. The
 * store knows of it as soon as it is whole, not only when the push has succeeded.
 *
 * @param options.onProgress told how many bytes of the tar have been taken
 * @throws LamellaError corrupt `layer-missing`, `layer-corrupt`; cancelled
 */
export async function compressLayer(
  { layers, blobs, memory, compressTurn }: CompressDeps,
  diffId: Digest,
  compression: PushCompression,
  options: { signal?: AbortSignal | undefined; onProgress?: (taken: number) => void } = {},
): Promise<LayerForm> {
  const { signal, onProgress } = options;
  if (layers.get(diffId) === undefined) {
    throw new LamellaError('corrupt', `layer ${diffId} is not in the store`, {
      code: 'layer-missing',
      hint: 'Pull, load or import the image again.',
    });
  }
  let taken = 0;
  const tar = tap(layers.openTar(diffId, { lend: true }), (bytes) => {
    taken += bytes.byteLength;
    onProgress?.(taken);
  });
  const { digest, size } = await compressTurn(async () => {
    signal?.throwIfAborted();
    return await blobs.put(compressInParallel(tar, compression, { signal }), { signal });
  });
  const form = { digest, size, mediaType: formTypes[compression] };
  memory.addForm(diffId, form);
  return form;
}

/** What Docker pushes for gzip; its format has no zstd, so that is OCI's. */
const formTypes: Readonly<Record<PushCompression, string>> = {
  gzip: mediaTypes.dockerLayerGzip,
  zstd: mediaTypes.ociLayerZstd,
};
