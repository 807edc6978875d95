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
  /** Keeps the collector, and pushes that make room, from a blob that is about to be used. */
  readonly hold: (digest: Digest) => void;
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
  { layers, blobs, memory, hold, compressTurn }: CompressDeps,
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
  const compress = async (): Promise<LayerForm> => {
    let taken = 0;
    const tar = tap(layers.openTar(diffId, { lend: true }), (bytes) => {
      taken += bytes.byteLength;
      onProgress?.(taken);
    });
    signal?.throwIfAborted();
    const compressed = compressInParallel(tar, compression, { lend: true, signal });
    const { digest, size } = await blobs.put(compressed, { signal });
    return { digest, size, mediaType: formTypes[compression] };
  };
  for (;;) {
    const form = await compressTurn(compress);
    hold(form.digest);
    memory.addForm(diffId, form);
    // Its name is known only when it is whole: a collector of another process may have come in between.
    if (blobs.has(form.digest)) return form;
  }
}

/** What Docker pushes for gzip; its format has no zstd, so that is OCI's. */
const formTypes: Readonly<Record<PushCompression, string>> = {
  gzip: mediaTypes.dockerLayerGzip,
  zstd: mediaTypes.ociLayerZstd,
};
