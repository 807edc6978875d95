import {
  closeSync,
  constants,
  fstatSync,
  mkdirSync,
  openSync,
  readlinkSync,
  type BigIntStats,
} from 'node:fs';
import { byteString, type ByteString } from '../base/byte-string.ts';
import { isLamellaError, systemErrorCode } from '../base/errors.ts';
import {
  openConfined,
  RESOLVE_BENEATH,
  RESOLVE_IN_ROOT,
  RESOLVE_NO_MAGICLINKS,
  RESOLVE_NO_SYMLINKS,
} from './openat2.ts';
import { folderOf, O_PATH, type ConfinedFolder } from './confined-folder.ts';

const { O_DIRECTORY, O_NOFOLLOW, O_RDONLY } = constants;

/**
 * A directory tree that nobody vouches for, reached by paths. Whatever a process in it does meanwhile (a directory
 * swapped for a symlink, a symlink to `/`, `..` moved about), the kernel lets no path out of it.
 */
export interface ConfinedRoot {
  /** The open directory. Whoever opened it closes it. */
  readonly fd: number;
  /**
   * Opens what a path names, of whatever type and without any effect on it; the caller closes it. A symlink at the end
   * is opened itself, unless `follow`.
   *
   * @returns undefined where there is nothing
   */
  find(path: ByteString, options?: { follow?: boolean }): number | undefined;
  /** Of what a path names; a symlink at its end is followed only if a slash comes behind it. */
  status(path: ByteString): BigIntStats | undefined;
  readlink(path: ByteString): ByteString | undefined;
  /**
   * The path from the root without symlinks in it, as far as there is something. What comes out is a name and no promise:
   * whoever opens it does so through this root again.
   */
  resolve(path: ByteString): ByteString;
  /** @throws LamellaError not-found `ENOENT`, invalid `ENOTDIR`; `ELOOP` or `EXDEV` for what leads astray */
  folder(path: ByteString): ConfinedFolder;
  /** The same; directories that are missing on the way are made with `mode`, of which `made` is told. */
  makeFolder(path: ByteString, mode: number, made?: (folder: ConfinedFolder) => void): ConfinedFolder;
}

/**
 * @param links `inside`: symlinks lead where a process finds them whose root this is, as in a chroot. `never`: a path
 *   with a symlink on its way is refused.
 */
export function confinedRoot(fd: number, links: 'inside' | 'never'): ConfinedRoot {
  const resolve =
    RESOLVE_NO_MAGICLINKS | (links === 'inside' ? RESOLVE_IN_ROOT : RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS);
  const open = (path: ByteString, flags: number): number =>
    openConfined(fd, Buffer.from(path === '' ? '.' : path, 'latin1'), { flags, resolve });

  const find: ConfinedRoot['find'] = (path, { follow = false } = {}) =>
    unlessMissing(() => open(path, O_PATH | (follow ? 0 : O_NOFOLLOW)));
  const folder = (path: ByteString): ConfinedFolder => folderOf(open(path, O_RDONLY | O_DIRECTORY));

  function makeFolder(
    path: ByteString,
    mode: number,
    made?: (folder: ConfinedFolder) => void,
  ): ConfinedFolder {
    try {
      return folder(path);
    } catch (error) {
      if (!isLamellaError(error, 'not-found') || path === '' || path === '/') throw error;
    }
    const [above, name] = splitLast(path);
    using parent = makeFolder(above, mode, made);
    try {
      mkdirSync(parent.pathOf(name), { mode });
    } catch (error) {
      if (systemErrorCode(error) !== 'EEXIST') throw error;
    }
    const fresh = folder(path);
    made?.(fresh);
    return fresh;
  }

  const readlink = (path: ByteString): ByteString | undefined => {
    const [above, name] = splitLast(path);
    return unlessMissing(() => {
      using parent = folder(above);
      return byteString(readlinkSync(parent.pathOf(name), { encoding: 'buffer' }));
    });
  };

  return {
    fd,
    find,
    status(path) {
      const found = find(path);
      if (found === undefined) return undefined;
      try {
        return fstatSync(found, { bigint: true });
      } finally {
        closeSync(found);
      }
    },
    readlink,
    resolve: (path) => followLinks(path, readlink),
    folder,
    makeFolder,
  };
}

/** Opens a directory as the root of what is not trusted; symlinks on the way *to* it are followed. */
export function openRootFolder(path: string | Buffer): number {
  return openSync(path, O_PATH | O_DIRECTORY);
}

/** As many as Linux follows (MAXSYMLINKS). */
const mostLinks = 40;

function followLinks(path: ByteString, readlink: (path: ByteString) => ByteString | undefined): ByteString {
  const left = path.split('/').reverse();
  let done: string[] = [];
  for (let links = 0; left.length > 0;) {
    const part = left.pop();
    if (part === undefined || part === '' || part === '.') continue;
    if (part === '..') {
      done.pop();
      continue;
    }
    const link = links < mostLinks ? readlink(`/${[...done, part].join('/')}` as ByteString) : undefined;
    if (link === undefined) {
      done.push(part);
      continue;
    }
    links += 1;
    if (link.startsWith('/')) done = [];
    left.push(...link.split('/').reverse());
  }
  return `/${done.join('/')}` as ByteString;
}

/** `/a/b/c` as `/a/b` and `c`; without slashes at its end. */
function splitLast(path: ByteString): [above: ByteString, name: ByteString] {
  const clean = path.replace(/\/+$/, '');
  const slash = clean.lastIndexOf('/');
  return [
    clean.slice(0, slash < 0 ? 0 : Math.max(slash, 1)) as ByteString,
    clean.slice(slash + 1) as ByteString,
  ];
}

function unlessMissing<T>(action: () => T): T | undefined {
  try {
    return action();
  } catch (error) {
    const code = isLamellaError(error) ? error.code : (systemErrorCode(error) ?? '');
    if (['ENOENT', 'ENOTDIR', 'EINVAL'].includes(code)) return undefined;
    throw error;
  }
}
