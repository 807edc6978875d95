import { type ByteStream, tap } from '../base/streams.ts';
import type { ArrivedLayer, WantedLayer } from './archive-source.ts';
import type { ArchiveDeps, LayerProgress } from './ports.ts';

interface ReceiveOptions extends Pick<ArchiveDeps, 'layers' | 'blobs'> {
  readonly signal: AbortSignal;
  readonly onProgress: (status: LayerProgress['status'], current: number) => void;
}

/**
 * Stages a layer of which all is known in advance, or leaves it where the store has it. Compressed bytes that a manifest
 * names are kept as they are, so that the manifest stays true.
 *
 * @param size bytes of the stream
 */
export async function receiveLayer(
  bytes: ByteStream,
  size: number,
  { diffId, blob }: WantedLayer,
  { layers, blobs, signal, onProgress }: ReceiveOptions,
): Promise<ArrivedLayer> {
  const keepBlob = blob !== undefined && blob.digest !== diffId;
  if (!layers.has(diffId)) {
    onProgress('Loading layer', 0);
    const staged = await layers.stage(bytes, {
      keepCompressed: keepBlob,
      expected: { diffId, ...(blob && { blob }) },
      signal,
      onProgress: (current) => onProgress('Loading layer', current),
    });
    return { staged };
  }
  if (keepBlob && !blobs.has(blob.digest)) {
    let current = 0;
    const watched = tap(bytes, (piece) => onProgress('Loading layer', (current += piece.byteLength)));
    await blobs.put(watched, { digest: blob.digest, size: blob.size, signal });
  }
  onProgress('Already exists', size);
  return {};
}
