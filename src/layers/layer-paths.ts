import { join } from 'node:path';
import { digestHex, type Digest } from '../oci/digest.ts';

/** The files of one layer in the store, `<root>/layers/<diffID hex>/`. */
export interface LayerPaths {
  readonly folder: string;
  /** The uncompressed archive; its sha256 is the diffID. Everything else can be made from it. */
  readonly tar: string;
  /** EROFS metadata over the tar. */
  readonly index: string;
  /** A checksum for every piece of the tar, which says where damage is. */
  readonly sums: string;
  /** The layer unpacked; only there once the `overlay` driver has used it. */
  readonly tree: string;
}

export function layerPaths(root: string, diffId: Digest): LayerPaths {
  return pathsIn(join(root, 'layers', digestHex(diffId)));
}

export function pathsIn(folder: string): LayerPaths {
  return {
    folder,
    tar: join(folder, 'tar'),
    index: join(folder, 'index'),
    sums: join(folder, 'sums'),
    tree: join(folder, 'tree'),
  };
}
