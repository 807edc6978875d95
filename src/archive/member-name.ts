import { posix } from 'node:path';
import { type ByteString, toByteString } from '../base/byte-string.ts';
import { digestAlgorithm, digestHex, type Digest } from '../oci/digest.ts';

/**
 * The one spelling of a member's name: without `./`, doubled slashes and a leading slash; `..` stops at the root. Such a
 * name is only ever a key, never a path of this machine.
 */
export function memberName(path: ByteString): ByteString {
  return posix.normalize(`/${path}`).replace(/^\/+|\/+$/g, '') as ByteString;
}

/** The same for a name that stands in a document. */
export function memberNameOf(text: string): ByteString {
  return memberName(toByteString(text));
}

/** What a symlink at `name` points to. */
export function linkTarget(name: ByteString, target: ByteString): ByteString {
  return memberName((target.startsWith('/') ? target : `${posix.dirname(name)}/${target}`) as ByteString);
}

/** Where an OCI layout keeps a blob (OCI Image Specification, image-layout.md). */
export function blobName(digest: Digest): string {
  return `blobs/${digestAlgorithm(digest)}/${digestHex(digest)}`;
}

const longestLinkChain = 16;

/** Follows links until a name that is none. Undefined where they go in circles. */
export function followLinks(
  links: ReadonlyMap<ByteString, ByteString>,
  name: ByteString,
): ByteString | undefined {
  let current = name;
  for (let step = 0; step <= longestLinkChain; step += 1) {
    const next = links.get(current);
    if (next === undefined) return current;
    current = next;
  }
  return undefined;
}
