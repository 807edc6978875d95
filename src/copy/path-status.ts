import type { BigIntStats } from 'node:fs';
import type { ByteString } from '../base/byte-string.ts';
import type { ConfinedRoot } from '../linux/confined-root.ts';
import { baseName, cleanPath } from './copy-paths.ts';

/** What a path in a container is. */
export interface PathStatus {
  readonly name: ByteString;
  readonly status: BigIntStats;
  /** Of a symlink: where it leads in the end, or as far as there is something. '' of all else. */
  readonly linkTarget: ByteString;
}

/** Undefined where there is nothing. A symlink is told of itself, unless the path has a slash behind it. */
export function pathStatus(root: ConfinedRoot, path: ByteString): PathStatus | undefined {
  const status = root.status(path);
  if (status === undefined) return undefined;
  return {
    name: baseName(path) as ByteString,
    status,
    linkTarget: status.isSymbolicLink() ? followLinks(root, path) : ('' as ByteString),
  };
}

/** As many as Linux follows (MAXSYMLINKS). */
const mostLinks = 40;

/**
 * The path without symlinks in it. What comes out is a name and no promise: whoever opens it does so in the root again.
 */
function followLinks(root: ConfinedRoot, path: ByteString): ByteString {
  const left = path.split('/').reverse();
  let done = '/';
  for (let links = 0; left.length > 0;) {
    const part = left.pop();
    if (part === undefined || part === '') continue;
    const next = cleanPath(`${done}/${part}`);
    const link = links < mostLinks ? root.readlink(next as ByteString) : undefined;
    if (link === undefined) {
      done = next;
      continue;
    }
    links += 1;
    if (link.startsWith('/')) done = '/';
    left.push(...link.split('/').reverse());
  }
  return done as ByteString;
}
