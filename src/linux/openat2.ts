import { constants } from 'node:fs';
import { isLamellaError } from '../base/errors.ts';
import { cString, pathText, systemCall, type Path } from './libc.ts';

export const RESOLVE_NO_MAGICLINKS = 0x02;
export const RESOLVE_NO_SYMLINKS = 0x04;
/** Leaving the folder is an error (EXDEV), by `..`, by an absolute path or by a symlink. */
export const RESOLVE_BENEATH = 0x08;
/** The folder is the root for `..`, absolute paths and symlinks, as in a chroot. */
export const RESOLVE_IN_ROOT = 0x10;
/** Who renames all the time could keep us for ever. */
const mostTries = 1000;
const O_CLOEXEC = 0o2000000;

const SYS_openat2 = 437;
const openat2Call = systemCall('long syscall(long number, int folder, void *path, void *how, size_t size)');

export interface ConfinedOpen {
  /** O_… */
  readonly flags?: number;
  /** Permission bits of a file that is made, before umask. */
  readonly mode?: number;
  /** RESOLVE_… */
  readonly resolve: number;
}

/**
 * Opens `path` below the open directory `folder`, the kernel watching that the way there obeys `resolve` (openat2(2),
 * Linux 5.6). The caller closes the descriptor.
 *
 * @throws LamellaError invalid `ELOOP` where a symlink is met that may not be, `EXDEV` where the path leads outside
 */
export function openConfined(folder: number, path: Path, { flags, mode = 0, resolve }: ConfinedOpen): number {
  const how = Buffer.alloc(24);
  how.writeBigUInt64LE(BigInt((flags ?? constants.O_RDONLY) | O_CLOEXEC), 0);
  how.writeBigUInt64LE(BigInt(mode), 8);
  how.writeBigUInt64LE(BigInt(resolve), 16);
  for (let tries = 1; ; tries += 1) {
    try {
      return openat2Call(`open ${pathText(path)}`, SYS_openat2, folder, cString(path), how, how.byteLength);
    } catch (error) {
      // Something was renamed or mounted just while `..` was followed: the kernel asks to try again.
      if (tries === mostTries || !isLamellaError(error) || error.code !== 'EAGAIN') throw error;
    }
  }
}
