import { constants, type Stats } from 'node:fs';
import { lstat, open, readdir } from 'node:fs/promises';
import { systemErrorCode } from './errors.ts';

/** From this length of a path on, in bytes, a directory is reached through its descriptor: paths end at 4096. */
const longPath = 2048;

/**
 * Shows `see` the status of `path` and, where it is a directory, of everything below it; symlinks are not followed. What
 * vanishes meanwhile is passed over, be it all of it. Names may be any bytes, and on Linux directories may be nested
 * deeper than a path can name.
 */
export async function visitTree(path: string | Buffer, see: (status: Stats) => void): Promise<void> {
  const status = await unlessGone(lstat(path));
  if (status === undefined) return;
  see(status);
  if (!status.isDirectory()) return;
  const { O_RDONLY, O_DIRECTORY, O_NOFOLLOW } = constants;
  const isLong = path.length > longPath && process.platform === 'linux';
  await using folder = isLong ? await unlessGone(open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW)) : undefined;
  const prefix = Buffer.from(folder === undefined ? path : `/proc/self/fd/${folder.fd}`);
  for (const name of (await unlessGone(readdir(prefix, { encoding: 'buffer' }))) ?? []) {
    await visitTree(Buffer.concat([prefix, Buffer.from('/'), name]), see);
  }
}

async function unlessGone<T>(action: Promise<T>): Promise<T | undefined> {
  try {
    return await action;
  } catch (error) {
    if (['ENOENT', 'ENOTDIR', 'ELOOP'].includes(systemErrorCode(error) ?? '')) return undefined;
    throw error;
  }
}
