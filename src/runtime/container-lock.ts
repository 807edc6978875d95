import { isLamellaError, LamellaError, systemErrorCode } from '../base/errors.ts';
import { lockFile } from '../linux/flock.ts';
import type { ContainerPaths } from './container-paths.ts';

/**
 * Waits for the right to change a container.
 *
 * @throws LamellaError not-found `container-not-found` where it was removed meanwhile
 */
export async function lockContainer(
  { lock }: Pick<ContainerPaths, 'lock'>,
  id: string,
): Promise<AsyncDisposable> {
  try {
    return await lockFile(lock);
  } catch (error) {
    if (systemErrorCode(error) === 'ENOENT') throw containerNotFound(id);
    throw error;
  }
}

export function containerNotFound(id: string): LamellaError {
  return new LamellaError('not-found', `No such container: ${id}`, { code: 'container-not-found' });
}

/** For a container that may have gone meanwhile: `await lockContainer(…).catch(unlessGone)`. */
export function unlessGone(error: unknown): undefined {
  if (isLamellaError(error, 'not-found')) return undefined;
  throw error;
}
