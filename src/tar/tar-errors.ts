import { LamellaError } from '../base/errors.ts';

/** The archive breaks the format; worded as Docker words it. @param reason a clause: `its checksum is wrong` */
export function badHeader(reason: string): LamellaError {
  return new LamellaError('corrupt', 'archive/tar: invalid tar header', {
    code: 'tar-header-invalid',
    hint: `This is no tar archive, or a damaged one: ${reason}.`,
  });
}

/** The archive ends before what it announced. */
export function truncatedTar(where: string): LamellaError {
  return new LamellaError('corrupt', `unexpected EOF: the tar archive ends within ${where}`, {
    code: 'tar-truncated',
    hint: 'The file is incomplete: fetch or write it again.',
  });
}

/** Readers that people use would see different members here, so that no reading is safe. */
export function ambiguousTar(reason: string): LamellaError {
  return new LamellaError('invalid', `archive/tar: ambiguous archive: ${reason}`, {
    code: 'tar-ambiguous',
    hint: 'Readers of tar disagree about such an archive. Write it again with another program.',
  });
}

/** A bound that keeps memory and time in check has been passed. */
export function tarLimit(code: `tar-${string}`, message: string): LamellaError {
  return new LamellaError('invalid', message, { code });
}
