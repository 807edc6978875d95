import { LamellaError } from '../base/errors.ts';
import type { Step } from '../dockerfile/parse/steps.ts';
import type { Stage } from '../dockerfile/parse-dockerfile.ts';

/** A step's surroundings: the stage it is in, and which of the shown steps it is. */
export interface StepPlace {
  readonly stage: Stage;
  /** `[build 2/5] ` */
  readonly label: string;
}

/** The steps that make layers, which progress counts and shows; those that only change the config take no time. */
export function isShown({ kind }: Step): boolean {
  return ['add', 'copy', 'run', 'workdir'].includes(kind);
}

/** For steps that this version cannot do. */
export function unsupportedStep(what: string, hint: string): LamellaError {
  return new LamellaError('unsupported', what, { code: 'build-unsupported', hint });
}
