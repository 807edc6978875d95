import { LamellaError } from '../base/errors.ts';
import type { Stage } from '../dockerfile/parse-dockerfile.ts';

/** A step's surroundings: the stage it is in, and which of the shown steps it is. */
export interface StepPlace {
  readonly stage: Stage;
  /** `[build 2/5] ` */
  readonly label: string;
}

/** For steps that this version cannot do. */
export function unsupportedStep(what: string, hint: string): LamellaError {
  return new LamellaError('unsupported', what, { code: 'build-unsupported', hint });
}
