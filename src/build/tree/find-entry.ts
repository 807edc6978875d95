import type { ByteString } from '../../base/byte-string.ts';
import { LamellaError } from '../../base/errors.ts';
import type { LowerDirectory, LowerEntry } from '../../layers/lower-view.ts';
import { unpackedType } from '../copy/member-type.ts';
import { normalize } from './paths.ts';

/** As many symlinks as Linux follows in one path (path_resolution(7)). */
const mostLinks = 40;

export function isDirectory(entry: LowerEntry | undefined): boolean {
  return entry?.directory !== undefined;
}

export function isSymlink(entry: LowerEntry | undefined): boolean {
  return entry !== undefined && unpackedType(entry.status.mode) === 'symlink';
}

/** A tree that only tells what is in it: enough to follow links. */
export interface Tree {
  /** Of the entry itself; the root has no components. */
  lookup(parts: readonly ByteString[]): LowerEntry | undefined;
}

/** @param root must outlive the tree */
export function treeOf(root: LowerDirectory): Tree {
  const directories = new Map<string, LowerDirectory | undefined>([['', root]]);
  function directoryAt(parts: readonly ByteString[]): LowerDirectory | undefined {
    const key = parts.join('/');
    if (directories.has(key)) return directories.get(key);
    const directory = directoryAt(parts.slice(0, -1))?.lookup(parts.at(-1) as ByteString)?.directory;
    directories.set(key, directory);
    return directory;
  }
  return {
    lookup: (parts) => directoryAt(parts.slice(0, -1))?.lookup(parts.at(-1) as ByteString),
  };
}

/**
 * Where a path leads when all symlinks in it are followed inside of the tree, as in a chroot; what is missing at its end is
 * kept as it stands.
 *
 * @throws LamellaError invalid `too-many-links`
 */
export function resolvePath(tree: Tree, path: readonly ByteString[], followLast = true): ByteString[] {
  let rest = [...path];
  let resolved: ByteString[] = [];
  let links = 0;
  while (rest.length > 0) {
    const [part = '' as ByteString, ...more] = rest;
    rest = more;
    resolved = normalize([...resolved, part]);
    if (resolved.length === 0 || (more.length === 0 && !followLast)) continue;
    const entry = tree.lookup(resolved);
    if (entry === undefined || !isSymlink(entry)) continue;
    links += 1;
    if (links > mostLinks) {
      throw new LamellaError('invalid', `too many links in ${path.join('/')}`, { code: 'too-many-links' });
    }
    const target = entry.readlink();
    resolved = target.startsWith('/') ? [] : resolved.slice(0, -1);
    rest = [...(target.split('/') as ByteString[]).filter((each) => each !== ''), ...more];
  }
  return resolved;
}
