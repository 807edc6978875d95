import type { Digest } from '../../oci/digest.ts';

/**
 * The layers from top to bottom, each once: overlayfs refuses to take a directory twice. Of a layer that an image holds
 * several times only the topmost counts: it covers all that it wrote or hid further below, and what stands between hid
 * or changed of that, it hides and changes again.
 */
export function topmostFirst(diffIds: readonly Digest[]): Digest[] {
  return [...new Set(diffIds.toReversed())];
}
