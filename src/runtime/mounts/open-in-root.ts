import { closeSync, constants, openSync } from 'node:fs';
import { openConfined, RESOLVE_IN_ROOT, RESOLVE_NO_MAGICLINKS } from '../../linux/openat2.ts';

/**
 * Opens the directory that a process finds at `path` whose root is at `root`. The caller closes it.
 *
 * @throws LamellaError with errno's name as code
 */
export function openInRoot(root: string, path: string): number {
  const flags = constants.O_RDONLY | constants.O_DIRECTORY;
  const folder = openSync(root, flags);
  try {
    return openConfined(folder, path, { flags, resolve: RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS });
  } finally {
    closeSync(folder);
  }
}
