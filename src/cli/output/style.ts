import type { Io, OutputPort } from './io.ts';

/** Whether to colour what goes to `output`: terminals only, never with NO_COLOR or TERM=dumb. */
export function takesColours(io: Pick<Io, 'env'>, output: OutputPort): boolean {
  return output.isTerminal && (io.env['NO_COLOR'] ?? '') === '' && io.env['TERM'] !== 'dumb';
}

export const dim = (text: string): string => `\u001B[2m${text}\u001B[22m`;
