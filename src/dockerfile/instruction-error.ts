import { LamellaError } from '../base/errors.ts';

/** Lines of a Dockerfile, counted from 1, both included. */
export interface SourceRange {
  readonly start: number;
  readonly end: number;
}

/** What is wrong with an instruction, in BuildKit's words; whoever knows where it stands adds that. */
export function instructionError(message: string, hint?: string): LamellaError {
  return new LamellaError('invalid', message, {
    code: 'instruction-invalid',
    ...(hint === undefined ? {} : { hint }),
  });
}

/** The same for what BuildKit's parser finds while it reads, where it does not name the line in words. */
export function syntaxError(message: string): LamellaError {
  return new LamellaError('invalid', message, { code: 'syntax-invalid' });
}

/** An error that knows its place in the Dockerfile. */
export class DockerfileError extends LamellaError {
  readonly range: SourceRange;

  constructor(message: string, range: SourceRange, cause?: unknown) {
    super('invalid', message, { code: 'dockerfile-invalid', cause });
    this.range = range;
  }
}
