import { LamellaError } from '../../base/errors.ts';

/** What is wrong with an instruction of `import -c` or `commit -c`, in Docker's words. */
export function changeError(message: string): LamellaError {
  return new LamellaError('invalid', message, { code: 'change-invalid' });
}
