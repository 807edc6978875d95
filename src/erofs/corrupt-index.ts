import { LamellaError } from '../base/errors.ts';

/** @param reason a clause about "it", the index */
export function corruptIndex(code: string, reason: string): LamellaError {
  return new LamellaError('corrupt', `index of the layer is damaged: ${reason}`, {
    code,
    hint: 'The index can be made again from the layer’s tar: lamella system check --repair',
  });
}
