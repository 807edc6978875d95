import { closeSync, constants, fstatSync, openSync } from 'node:fs';
import { isLamellaError, LamellaError } from '../base/errors.ts';
import { readFully } from '../base/files.ts';
import { openConfined, RESOLVE_IN_ROOT, RESOLVE_NO_MAGICLINKS } from '../linux/openat2.ts';

/** Most that is read of a file of a container, in bytes. */
const sizeLimit = 16 << 20;

/**
 * The text of a file inside a container's root, which is not trusted: symlinks stay inside the root, and what is not a
 * plain file is never read, since a FIFO would block for ever (CVE-2024-9676).
 *
 * @returns '' where there is no such file
 * @throws LamellaError invalid `container-file-invalid`
 */
export function readContainerFile(root: string, path: string): string {
  const folder = openSync(root, constants.O_RDONLY | constants.O_DIRECTORY);
  try {
    const file = openConfined(folder, path, {
      flags: constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOCTTY,
      resolve: RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS,
    });
    try {
      return readPlainFile(file, path);
    } finally {
      closeSync(file);
    }
  } catch (error) {
    if (isLamellaError(error, 'not-found') || (isLamellaError(error) && error.code === 'ENOTDIR')) return '';
    throw error;
  } finally {
    closeSync(folder);
  }
}

function readPlainFile(file: number, path: string): string {
  const stat = fstatSync(file);
  if (!stat.isFile()) throw invalid(path, 'is not a regular file');
  if (stat.size > sizeLimit) throw invalid(path, `is larger than ${sizeLimit >> 20} MiB`);
  const bytes = Buffer.alloc(stat.size);
  return bytes.toString('utf8', 0, readFully(file, bytes, 0));
}

function invalid(path: string, problem: string): LamellaError {
  return new LamellaError('invalid', `${path} of the container ${problem}`, {
    code: 'container-file-invalid',
  });
}
