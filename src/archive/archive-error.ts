import { LamellaError } from '../base/errors.ts';

/** What is wrong with an archive as such; nothing of it is in the store then. */
export function invalidArchive(message: string, hint?: string): LamellaError {
  return new LamellaError('invalid', `invalid archive: ${message}`, {
    code: 'archive-invalid',
    ...(hint !== undefined && { hint }),
  });
}

/** Something that the archive names is not in it. */
export function missingMember(what: string): LamellaError {
  return new LamellaError('invalid', `invalid archive: ${what} is missing`, {
    code: 'archive-incomplete',
    hint: 'The archive may have been cut off, or written without all platforms of the image.',
  });
}

/** Content that is not what its digest says. */
export function damagedMember(what: string, reason: string): LamellaError {
  return new LamellaError('corrupt', `invalid archive: ${what}: ${reason}`, {
    code: 'archive-damaged',
    hint: 'The archive was damaged on its way: write or fetch it again.',
  });
}
