import type { Digest } from '../oci/digest.ts';
import type { StagedLayer } from '../layers/layer.ts';

/** A layer that an image of the archive consists of. */
export interface WantedLayer {
  /** Its name in the archive. */
  readonly member: string;
  readonly diffId: Digest;
  /** What a manifest that is kept says of the stored bytes. */
  readonly blob?: { readonly digest: Digest; readonly size: number; readonly mediaType: string };
}

/** It is in the store, or staged for it. */
export interface ArrivedLayer {
  readonly staged?: StagedLayer;
}

/**
 * An archive, whatever it lies in: a file in which one can seek, a stream that passes once, a directory. Names are
 * those in the archive, in any spelling.
 */
export interface ArchiveSource extends AsyncDisposable {
  /**
   * All bytes of a small member, or undefined where there is none.
   *
   * @throws LamellaError invalid where it is larger than 4 MiB
   */
  document(name: string): Promise<Buffer | undefined>;
  /**
   * Brings a layer into the store, unless it is there, checked against all that is known of it. Several may be asked
   * for at the same time. The source disposes of what it staged, unless that was published.
   */
  layer(wanted: WantedLayer, options: { signal: AbortSignal }): Promise<ArrivedLayer>;
}
