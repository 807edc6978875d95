import { LamellaError } from '../base/errors.ts';

export function truncatedCompression(format: string): LamellaError {
  return new LamellaError('corrupt', `${format}: unexpected EOF`, {
    code: 'compression-truncated',
    hint: 'The file is incomplete: fetch or write it again.',
  });
}

export function corruptCompression(format: string, reason: string, cause?: unknown): LamellaError {
  return new LamellaError('corrupt', `${format}: invalid data: ${reason}`, {
    code: 'compression-corrupt',
    cause,
  });
}

export function trailingGarbage(format: string): LamellaError {
  return new LamellaError('corrupt', `${format}: garbage follows the compressed data`, {
    code: 'compression-trailing-garbage',
  });
}

export function windowTooLarge(format: string, window: number, limit: number): LamellaError {
  return new LamellaError(
    'invalid',
    `${format}: needs a window of ${window} bytes, more than the limit of ${limit}`,
    {
      code: 'compression-window',
      hint: 'Compress it again without a long window.',
    },
  );
}
