import { closeSync, constants, fstatSync, mkdirSync, openSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isLamellaError, LamellaError } from '../../base/errors.ts';
import { O_PATH } from '../../linux/confined-folder.ts';
import { mount } from '../../linux/mount.ts';
import { openConfined, RESOLVE_BENEATH, RESOLVE_NO_MAGICLINKS } from '../../linux/openat2.ts';

const MS_BIND = 0x1000;
const MS_REC = 0x4000;

/**
 * Mounts a part of a volume or an image at `target`. What is there belongs to containers: a path that leads out of it,
 * by whatever symlink, is refused, and what was opened is what is mounted, whoever renames it meanwhile.
 *
 * @returns `target`
 * @throws LamellaError not-found `subpath-not-found`, invalid `subpath-invalid`: `cannot access path …`
 */
export function bindSubpath(whole: string, subpath: string, target: string): string {
  const folder = openSync(whole, constants.O_RDONLY | constants.O_DIRECTORY);
  try {
    const part = open(folder, whole, subpath);
    try {
      if (fstatSync(part).isDirectory()) mkdirSync(target, { recursive: true });
      else writeFileSync(target, '');
      mount({ source: `/proc/self/fd/${part}`, target, flags: MS_BIND | MS_REC });
    } finally {
      closeSync(part);
    }
  } finally {
    closeSync(folder);
  }
  return target;
}

function open(folder: number, whole: string, subpath: string): number {
  try {
    return openConfined(folder, subpath, { flags: O_PATH, resolve: RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS });
  } catch (error) {
    if (!isLamellaError(error)) throw error;
    const path = join(whole, subpath);
    const reason =
      error.code === 'EXDEV'
        ? 'path escapes from base'
        : `lstat ${path}: ${error.message.slice(error.message.lastIndexOf(': ') + 2)}`;
    throw new LamellaError(error.kind, `cannot access path ${path}: ${reason}`, {
      code: error.code === 'ENOENT' ? 'subpath-not-found' : 'subpath-invalid',
    });
  }
}
