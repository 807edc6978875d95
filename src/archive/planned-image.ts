import type { Digest } from '../oci/digest.ts';
import type { Reference } from '../oci/reference.ts';
import type { WantedLayer } from './archive-source.ts';

/** An image of an archive, all its documents read and checked; its layers are still to come. */
export interface PlannedImage {
  readonly id: Digest;
  /** The exact bytes. */
  readonly config: Buffer;
  readonly manifest?: { readonly bytes: Buffer; readonly mediaType: string };
  /** Bottom first. */
  readonly layers: readonly WantedLayer[];
  readonly names: readonly Reference[];
  readonly parentId?: Digest;
}
