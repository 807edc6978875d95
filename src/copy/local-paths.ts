import { lstatSync, readlinkSync, realpathSync, statSync, type Stats } from 'node:fs';
import { dirname, join } from 'node:path';
import { LamellaError, systemErrorCode, type ErrorKind } from '../base/errors.ts';
import { assertsDirectory, cleanPath, renamedTarget, splitEntry } from './copy-paths.ts';

export interface LocalSource {
  readonly path: string;
  readonly isDirectory: boolean;
  /** The name that the copy gets, where it is not the path's own. */
  readonly rename: string | undefined;
}

export interface LocalTarget {
  readonly path: string;
  readonly exists: boolean;
  readonly isDirectory: boolean;
}

/**
 * What is to be copied, on this machine. A symlink is copied as itself unless `followLink`; those on the way are followed.
 *
 * @param path absolute, with the `/` or `/.` that was written
 * @throws LamellaError not-found `local-path` and the like, worded as Go words it
 */
export function findLocalSource(path: string, { followLink }: { followLink: boolean }): LocalSource {
  const { path: resolved, rename } = followLink ? followAll(path) : followFolders(path);
  const named = resolved.replace(/\/+\.?$/, '');
  const isFile = tell('lstat', named === '' ? '/' : named, (at) => lstatSync(at)).isFile();
  if (isFile && assertsDirectory(resolved)) throw localError('invalid', 'not a directory');
  const status = tell('lstat', resolved, (at) => lstatSync(at));
  return { path: resolved, isDirectory: status.isDirectory(), rename };
}

function followAll(path: string): { path: string; rename: string | undefined } {
  return renamedTarget(
    path,
    tell('lstat', path, (at) => realpathSync(at)),
  );
}

function followFolders(path: string): { path: string; rename: string | undefined } {
  if (assertsDirectory(path)) {
    // `link/` and `link/.` are the directory that the link leads to.
    return { path, rename: undefined };
  }
  const { folder, base } = splitEntry(path);
  return {
    path: join(
      tell('lstat', folder, (at) => realpathSync(at)),
      base,
    ),
    rename: undefined,
  };
}

const mostLinks = 10;

/** Where a copy goes, on this machine: the end of all symlinks. Its directory must be there. */
export function findLocalTarget(written: string): LocalTarget {
  let path = written;
  for (let links = 0; ; links += 1) {
    const status = lstatOrMissing(path);
    if (status === undefined) {
      const parent = splitEntry(path).folder;
      if (!tell('stat', parent, (at) => statSync(at)).isDirectory())
        throw localError('invalid', 'not a directory');
      return { path, exists: false, isDirectory: false };
    }
    if (!status.isSymbolicLink()) return { path, exists: true, isDirectory: status.isDirectory() };
    if (links > mostLinks) throw localError('invalid', `too many symlinks in ${written}`);
    const link = readlinkSync(path);
    path = link.startsWith('/') ? link : join(splitEntry(path).folder, link);
  }
}

/** What the client of Docker looks at before it asks for anything. */
export function checkLocalTarget(path: string): void {
  const folder = dirname(cleanPath(path));
  if (statOrMissing(folder) === undefined) {
    const name = JSON.stringify(folder);
    throw localError('not-found', `invalid output path: directory ${name} does not exist`);
  }
  const status = statOrMissing(path);
  if (status === undefined || status.isDirectory() || status.isFile()) return;
  const problem = otherType(status);
  if (problem === undefined) return;
  throw localError(
    'invalid',
    `invalid output path: ${JSON.stringify(path)} must be a directory or a regular file: ${problem}`,
  );
}

function otherType(status: Stats): string | undefined {
  return status.isBlockDevice() || status.isCharacterDevice() ? 'got a device' : undefined;
}

function lstatOrMissing(path: string): Stats | undefined {
  return unlessMissing(() => tell('lstat', path, (at) => lstatSync(at)));
}

function statOrMissing(path: string): Stats | undefined {
  return unlessMissing(() => tell('stat', path, (at) => statSync(at)));
}

function unlessMissing<T>(action: () => T): T | undefined {
  try {
    return action();
  } catch (error) {
    if (error instanceof LamellaError && error.kind === 'not-found') return undefined;
    throw error;
  }
}

const reasons: Readonly<Record<string, readonly [ErrorKind, string]>> = {
  ENOENT: ['not-found', 'no such file or directory'],
  ENOTDIR: ['invalid', 'not a directory'],
  EACCES: ['forbidden', 'permission denied'],
  ELOOP: ['invalid', 'too many levels of symbolic links'],
};

function tell<T>(doing: string, path: string, action: (path: string) => T): T {
  try {
    return action(path);
  } catch (error) {
    const reason = reasons[systemErrorCode(error) ?? ''];
    if (reason === undefined) throw error;
    throw localError(reason[0], `${doing} ${path}: ${reason[1]}`);
  }
}

function localError(kind: ErrorKind, message: string): LamellaError {
  return new LamellaError(kind, message, { code: 'local-path' });
}
