import { isLamellaError, LamellaError } from '../base/errors.ts';
import type { Container } from './types.ts';

/** What is asked of a running container, of one that does not run. */
export function notRunning({ id, status }: Container): LamellaError {
  if (status === 'restarting') {
    return new LamellaError(
      'conflict',
      `Container ${id} is restarting, wait until the container is running`,
      { code: 'container-restarting' },
    );
  }
  return new LamellaError('conflict', `container ${id} is not running`, { code: 'container-not-running' });
}

/** What one whose processes stand still cannot do. */
export function paused(message: string): LamellaError {
  return new LamellaError('conflict', message, { code: 'container-paused' });
}

/** An error of a step, with what was being done in front of its words. */
export function prefixed(prefix: string, error: unknown): unknown {
  if (!isLamellaError(error)) return error;
  return new LamellaError(error.kind, `${prefix}: ${error.message}`, {
    code: error.code,
    ...(error.hint === undefined ? {} : { hint: error.hint }),
    cause: error,
  });
}
