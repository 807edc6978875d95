import type { BigIntStats } from 'node:fs';
import type { ByteString } from '../base/byte-string.ts';
import type { ConfinedRoot } from '../linux/confined-root.ts';
import { baseName } from './copy-paths.ts';

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
    linkTarget: status.isSymbolicLink() ? root.resolve(path) : ('' as ByteString),
  };
}
