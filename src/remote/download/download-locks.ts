import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { lockFile } from '../../linux/flock.ts';

/** The lock that all pulls that run share. */
export const pullsLock = 'pulls';

/** Waits for one of the locks of a folder of downloads. */
export async function lockIn(
  folder: string,
  name: string,
  options?: Parameters<typeof lockFile>[1],
): Promise<AsyncDisposable> {
  const locks = join(folder, 'locks');
  await mkdir(locks, { recursive: true, mode: 0o700 });
  return await lockFile(join(locks, name), options);
}
