import { messageOf } from '../../base/errors.ts';
import { parseReference } from '../../oci/reference.ts';
import { CliError } from '../errors/cli-error.ts';

/** Checks a name where Docker's client checks it itself, so that the message carries no daemon's prefix. */
export function checkReference(text: string, prefix = '', exitCode = 1): void {
  try {
    parseReference(text);
  } catch (error) {
    throw new CliError(prefix + messageOf(error), { exitCode });
  }
}
