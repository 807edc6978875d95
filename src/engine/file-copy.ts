import { closeSync, fstatSync, type Stats } from 'node:fs';
import { displayByteString, toByteString, type ByteString } from '../base/byte-string.ts';
import { isLamellaError, LamellaError } from '../base/errors.ts';
import { tap, type ByteStream } from '../base/streams.ts';
import { archivePath } from '../copy/archive-path.ts';
import { absolutePath, assertsDirectory, baseName, renamedTarget } from '../copy/copy-paths.ts';
import { extractArchive } from '../copy/extract-archive.ts';
import { checkLocalTarget, findLocalSource, findLocalTarget } from '../copy/local-paths.ts';
import { pathStatOf } from '../copy/path-stat.ts';
import { pathStatus, type PathStatus } from '../copy/path-status.ts';
import { prepareCopy } from '../copy/prepare-copy.ts';
import { confinedRoot, openRootFolder } from '../linux/confined-root.ts';
import type { ContainerRoot } from '../runtime/container-root.ts';
import type { ContainerService } from '../runtime/container-service.ts';
import type { Container } from '../runtime/types.ts';
import { decompress } from '../tar/compression.ts';
import type { CopyOptions, FileCopyEngine } from './ports/file-copy.ts';

/** The rules of `docker cp`, at both ends. */
export function createFileCopy(service: ContainerService): FileCopyEngine {
  return {
    statPath: (text, path) =>
      service.withFiles(text, (files) =>
        Promise.resolve(pathStatOf(statusIn(files, pathIn(path), path, text))),
      ),

    async archive(text, path, { followLink = false, signal } = {}) {
      const opened = await holdOpen(service, text);
      try {
        const { root, isForeign } = opened.files;
        const { path: source, name, status } = sourceIn(opened.files, text, path, followLink);
        service.record(opened.container, 'archive-path');
        const content = archivePath(root, source, name, { isForeign, lend: true, signal });
        return { stat: pathStatOf(status), content: thenClose(content, opened) };
      } catch (error) {
        await opened[Symbol.asyncDispose]();
        throw error;
      }
    },

    async extract(text, path, content, { owner = 'archive', overwriteAnyType = false, signal } = {}) {
      await service.withFiles(text, async (files, container) => {
        const tar = decompress(content, { signal });
        const rule = owner === 'root' ? { uid: 0, gid: 0 } : owner;
        await extractIn(files, text, pathIn(path), tar, { owner: rule, overwriteAnyType, signal });
        service.record(container, 'extract-to-dir');
      });
    },

    async copyFrom(text, path, written, options = {}) {
      const target = absolutePath(written, options.folder ?? process.cwd());
      checkLocalTarget(target);
      return await service.withFiles(text, async (files, container) => {
        const { signal } = options;
        const { isDirectory, ...source } = sourceIn(files, text, path, options.followLink === true);
        const destination = findLocalTarget(target);
        const { folder, name } = prepareCopy(
          { path: source.path, isDirectory, rename: source.rename },
          { ...destination, path: toByteString(destination.path) },
        );
        service.record(container, 'archive-path');
        const { root, isForeign } = files;
        const content = archivePath(root, source.path, name as ByteString, { isForeign, lend: true, signal });
        const counted = count(content, options);
        const fd = openRootFolder(Buffer.from(folder, 'latin1'));
        try {
          const here = confinedRoot(fd, 'never');
          const owner = options.archive === true && process.getuid?.() === 0 ? 'archive' : 'mine';
          const shownAs = displayByteString(folder as ByteString);
          await extractHere(
            extractArchive(here, '/' as ByteString, counted.content, { owner, shownAs, signal }),
          );
        } finally {
          closeSync(fd);
        }
        return { bytes: counted.bytes(), path: target };
      });
    },

    async copyTo(text, written, path, options = {}) {
      const source = absolutePath(written, options.folder ?? process.cwd());
      return await service.withFiles(text, async (files, container) => {
        const { signal } = options;
        const target = targetIn(files, text, path);
        const {
          path: from,
          isDirectory,
          rename,
        } = findLocalSource(source, {
          followLink: options.followLink === true,
        });
        const { folder, name } = prepareCopy(
          { path: toByteString(from), isDirectory, rename: rename && toByteString(rename) },
          target,
        );
        const fd = openRootFolder('/');
        try {
          const here = confinedRoot(fd, 'inside');
          const content = archivePath(here, toByteString(from), name as ByteString, { lend: true, signal });
          const counted = count(content, options);
          const owner = options.archive === true ? 'archive' : { uid: 0, gid: 0 };
          await extractIn(files, text, folder as ByteString, counted.content, { owner, signal });
          service.record(container, 'extract-to-dir');
          return { bytes: counted.bytes(), path: displayByteString(target.path) };
        } finally {
          closeSync(fd);
        }
      });
    },
  };
}

function pathIn(path: string): ByteString {
  return toByteString(absolutePath(path));
}

/** @throws LamellaError not-found `container-file-not-found`, invalid `ENOTDIR` for a slash behind a file */
function statusIn(
  { root }: Pick<ContainerRoot, 'root'>,
  path: ByteString,
  shown: string,
  container: string,
): PathStatus {
  const found = pathStatus(root, path);
  if (found !== undefined) return found;
  if (assertsDirectory(path) && root.status(path.replace(/\/\.?$/, '') as ByteString) !== undefined) {
    throw new LamellaError('invalid', `lstat ${displayByteString(path)}: not a directory`, {
      code: 'ENOTDIR',
    });
  }
  throw new LamellaError('not-found', `Could not find the file ${shown} in container ${container}`, {
    code: 'container-file-not-found',
  });
}

interface Source {
  readonly path: ByteString;
  /** Its name in an archive. */
  readonly name: ByteString;
  readonly rename: ByteString | undefined;
  readonly isDirectory: boolean;
  readonly status: PathStatus;
}

function sourceIn(files: ContainerRoot, text: string, written: string, followLink: boolean): Source {
  let path = pathIn(written);
  let status = statusIn(files, path, written, text);
  let rename: ByteString | undefined;
  if (followLink && status.status.isSymbolicLink()) {
    const target = renamedTarget(path, status.linkTarget) as { path: ByteString; rename?: ByteString };
    ({ path, rename } = { rename: undefined, ...target });
    status = statusIn(files, path, displayByteString(path), text);
  }
  return {
    path,
    rename,
    status,
    name: rename ?? (baseName(path) as ByteString),
    isDirectory: status.status.isDirectory(),
  };
}

/** Where a copy into a container goes; a symlink at its end is followed, also to where nothing is yet. */
function targetIn(
  { root }: ContainerRoot,
  text: string,
  written: string,
): { path: ByteString; exists: boolean; isDirectory: boolean } {
  if (written === '') return { path: '' as ByteString, exists: false, isDirectory: false };
  let path = pathIn(written);
  let found = pathStatus(root, path);
  if (found?.status.isSymbolicLink() === true) {
    path = found.linkTarget;
    found = pathStatus(root, path);
  }
  if (found?.status.isCharacterDevice() === true || found?.status.isBlockDevice() === true) {
    throw new LamellaError(
      'invalid',
      `destination "${text}:${written}" must be a directory or a regular file: got a device`,
      { code: 'local-path' },
    );
  }
  return { path, exists: found !== undefined, isDirectory: found?.status.isDirectory() === true };
}

/** What this machine refuses is no error of the container's. */
async function extractHere(extraction: Promise<void>): Promise<void> {
  try {
    await extraction;
  } catch (error) {
    if (!isLamellaError(error) || !error.code.startsWith('copy-')) throw error;
    throw new LamellaError(error.kind, error.message, { code: `local-${error.code}`, cause: error });
  }
}

async function extractIn(
  files: ContainerRoot,
  text: string,
  path: ByteString,
  archive: ByteStream,
  options: Parameters<typeof extractArchive>[3],
): Promise<void> {
  const found = files.root.find(path, { follow: true });
  if (found === undefined) statusIn(files, path, displayByteString(path), text);
  const isDirectory = found !== undefined && fstatAndClose(found).isDirectory();
  if (!isDirectory) {
    throw new LamellaError('invalid', 'extraction point is not a directory', { code: 'copy-onto-file' });
  }
  refuseReadOnly(files.readOnly(path));
  try {
    await extractArchive(files.root, path, archive, options);
  } catch (error) {
    // Deeper down something else may be mounted.
    if (isReadOnlyError(error)) refuseReadOnly('mount');
    throw error;
  }
}

function fstatAndClose(fd: number): Stats {
  try {
    return fstatSync(fd);
  } finally {
    closeSync(fd);
  }
}

function refuseReadOnly(what: 'root' | 'mount' | undefined): void {
  if (what === undefined) return;
  const message =
    what === 'root' ? 'container rootfs is marked read-only' : 'mounted volume is marked read-only';
  throw new LamellaError('invalid', message, { code: `container-${what}-read-only` });
}

function isReadOnlyError(error: unknown): boolean {
  return (isLamellaError(error) || error instanceof Error) && 'code' in error && error.code === 'EROFS';
}

interface Held {
  readonly files: ContainerRoot;
  readonly container: Container;
}

/** Keeps a container's root at hand until it is disposed of. */
async function holdOpen(service: ContainerService, text: string): Promise<AsyncDisposable & Held> {
  const { promise: left, resolve: leave } = Promise.withResolvers<void>();
  const { promise: entered, resolve: enter, reject: refuse } = Promise.withResolvers<Held>();
  const holding = service.withFiles(text, (files, container) => {
    enter({ files, container });
    return left;
  });
  holding.catch(refuse);
  return {
    ...(await entered),
    async [Symbol.asyncDispose]() {
      leave();
      await holding;
    },
  };
}

async function* thenClose(content: ByteStream, opened: AsyncDisposable): ByteStream {
  await using _ = opened;
  yield* content;
}

function count(
  content: ByteStream,
  { onProgress }: Pick<CopyOptions, 'onProgress'>,
): { content: ByteStream; bytes: () => number } {
  let bytes = 0;
  const counted = tap(content, (piece) => {
    bytes += piece.byteLength;
    onProgress?.({ id: '', status: 'Copying', current: bytes });
  });
  return { content: counted, bytes: () => bytes };
}
