import { open } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { isLamellaError } from '../base/errors.ts';
import { systemCall } from './libc.ts';

const LOCK_SH = 1;
const LOCK_EX = 2;
const LOCK_NB = 4;

const flockCall = systemCall('int flock(int fd, int operation)');

/**
 * Waits for the advisory lock on the file at `path`, which is made where it is missing, and holds it until disposed of.
 * The kernel lets go of it when the process dies. Two calls in one process exclude each other too.
 *
 * @param options.shared several may hold it at once, while nobody holds it alone
 */
export async function lockFile(
  path: string,
  options: { shared?: boolean; signal?: AbortSignal | undefined } = {},
): Promise<AsyncDisposable> {
  const file = await open(path, 'a', 0o600);
  try {
    // Asked for again and again, since waiting inside the kernel would hold one of the few threads of Node.js.
    for (let pause = 1; !tryLock(file.fd, options.shared ?? false); pause = Math.min(pause * 2, 32)) {
      await delay(pause, undefined, { signal: options.signal });
    }
    return file;
  } catch (error) {
    await file.close();
    throw error;
  }
}

/** The same without waiting: undefined where somebody else holds it. */
export async function tryLockFile(
  path: string,
): Promise<(AsyncDisposable & { readonly fd: number }) | undefined> {
  const file = await open(path, 'a', 0o600);
  if (tryLock(file.fd, false)) return file;
  await file.close();
  return undefined;
}

function tryLock(fd: number, shared: boolean): boolean {
  try {
    flockCall('flock', fd, (shared ? LOCK_SH : LOCK_EX) | LOCK_NB);
    return true;
  } catch (error) {
    if (isLamellaError(error) && error.code === 'EAGAIN') return false;
    throw error;
  }
}
