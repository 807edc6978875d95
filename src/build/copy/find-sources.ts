import { displayByteString, type ByteString } from '../../base/byte-string.ts';
import { LamellaError } from '../../base/errors.ts';
import type { LowerDirectory, LowerEntry } from '../../layers/lower-view.ts';
import { resolvePath, treeOf, type Tree } from '../tree/find-entry.ts';
import { componentsOf, joinPath, normalize } from '../tree/paths.ts';

/** What a source of COPY names. */
export interface FoundSource {
  /** As asked for, or as the pattern found it: its last component is the name the copy gets. */
  readonly path: readonly ByteString[];
  /** What it is, links followed. */
  readonly entry: LowerEntry;
}

/**
 * The files that a source names: a path or a pattern (`*`, `?`, `[a-z]`, each within one component). Symlinks on the way
 * and at the end are followed inside of the tree. A pattern may match nothing.
 *
 * @throws LamellaError not-found `copy-source-not-found`
 */
export function findSources(root: LowerDirectory, source: string): FoundSource[] {
  const tree = treeOf(root);
  const parts = componentsOf(source);
  if (!/[*?[\\]/.test(source)) {
    const entry = entryAt(tree, root, parts);
    if (entry === undefined) throw notFound(joinPath(parts));
    return [{ path: parts, entry }];
  }
  const expressions = parts.map((part) => nameExpression(part, source));
  return matches(tree, root, expressions).flatMap((path) => {
    const entry = entryAt(tree, root, path);
    return entry === undefined ? [] : [{ path, entry }];
  });
}

function notFound(path: ByteString): LamellaError {
  return new LamellaError('not-found', `"/${displayByteString(path)}": not found`, {
    code: 'copy-source-not-found',
    hint: 'Is it in the build context, and not left out by .dockerignore?',
  });
}

function entryAt(tree: Tree, root: LowerDirectory, path: readonly ByteString[]): LowerEntry | undefined {
  const resolved = resolvePath(tree, path);
  return resolved.length === 0 ? rootEntry(root) : tree.lookup(resolved);
}

/** The root has no entry of its own; only what it holds is ever copied. */
function rootEntry(directory: LowerDirectory): LowerEntry {
  const zero = { seconds: 0, nanoseconds: 0 };
  return {
    status: { mode: 0o040755, uid: 0, gid: 0, size: 0, mtime: zero, rdev: { major: 0, minor: 0 } },
    identity: undefined,
    xattr: () => undefined,
    xattrs: () => new Map(),
    readlink: () => '' as ByteString,
    read: () => new Uint8Array(0),
    directory,
  };
}

function matches(tree: Tree, root: LowerDirectory, expressions: readonly RegExp[]): ByteString[][] {
  let found: ByteString[][] = [[]];
  for (const expression of expressions) {
    found = found.flatMap((path) => {
      const resolved = resolvePath(tree, path);
      const directory = resolved.length === 0 ? root : tree.lookup(resolved)?.directory;
      const names = directory?.names() ?? [];
      return names.filter((name) => expression.test(name)).map((name) => [...path, name]);
    });
  }
  return found.map(normalize);
}

/** One component of a pattern, as Go's path.Match reads it, over the bytes of names. */
function nameExpression(part: ByteString, source: string): RegExp {
  const tokens = part.match(/\\[\s\S]|\[\^?(?:\\[\s\S]|[^\]\\])+\]|[\s\S]/g) ?? [];
  const expression = tokens.map((token) => {
    if (token === '*') return '.*';
    if (token === '?') return oneCharacter;
    if (token === '[') {
      throw new LamellaError('invalid', `${source}: syntax error in pattern`, {
        code: 'copy-pattern-invalid',
      });
    }
    if (token.startsWith('[')) return token;
    return RegExp.escape(token.length > 1 && token.startsWith('\\') ? token.slice(1) : token);
  });
  return new RegExp(`^${expression.join('')}$`, 's');
}

/** One character of UTF-8, in a string of bytes. */
const oneCharacter = `(?:[\\x00-\\x7f]|[\\xc0-\\xff][\\x80-\\xbf]+|[\\s\\S])`;
