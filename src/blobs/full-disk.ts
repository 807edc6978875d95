import { LamellaError, systemErrorCode } from '../base/errors.ts';

/** What a write that failed means where the disk or the quota is full, with what to do; other errors as they are. */
export function translateFullDisk(error: unknown, path: string): unknown {
  const code = systemErrorCode(error);
  if (error instanceof LamellaError || (code !== 'ENOSPC' && code !== 'EDQUOT')) return error;
  const reason = code === 'ENOSPC' ? 'no space left on device' : 'disk quota exceeded';
  return new LamellaError('no-space', `write ${path}: ${reason}`, {
    code: 'no-space',
    hint: 'Free some space, for example with: lamella image prune',
    cause: error,
  });
}
