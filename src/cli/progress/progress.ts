import type { ProgressEvent } from '../../engine/ports/common.ts';
import { CliError } from '../errors/cli-error.ts';
import type { CommandContext } from '../output/context.ts';
import type { OutputPort } from '../output/io.ts';
import { createJsonProgress } from './json-progress.ts';
import { createPlainProgress } from './plain-progress.ts';
import { createStepLines } from './step-lines.ts';
import { createTerminalProgress } from './terminal-progress.ts';

/** Where progress goes while something large is being done. Disposing leaves the last state standing. */
export interface Progress extends Disposable {
  onProgress(event: ProgressEvent): void;
  /** Bytes that have passed, of the whole. */
  advance(bytes: number): void;
  /**
   * Bytes that will travel, where they become known on the way: from then on the line for the whole counts those. More
   * calls add up; what turns out to be less is told as a negative number.
   */
  expect(bytes: number): void;
}

const silent: Progress = { onProgress() {}, advance() {}, expect() {}, [Symbol.dispose]() {} };

/**
 * Progress on standard error, in the form that `--progress` asks for: drawn on a terminal, lines elsewhere.
 *
 * @param options.total bytes of the whole, where known
 * @param options.quiet nothing but errors, whatever `--progress` says
 */
export function createProgress(
  context: CommandContext,
  { total, quiet = false }: { total?: number | undefined; quiet?: boolean } = {},
): Progress {
  if (quiet) return silent;
  switch (context.progress) {
    case 'none':
      return silent;
    case 'json':
      return createJsonProgress(context, total);
    case 'plain':
      return createPlainProgress(context);
    case 'auto':
      // Docker prints nothing where nobody looks at it.
      return context.io.stderr.isTerminal ? createTerminalProgress(context, total) : silent;
    default:
      throw new CliError(`invalid argument ${JSON.stringify(context.progress)} for "--progress" flag`, {
        exitCode: 125,
      });
  }
}

/**
 * Progress of a pull or push, on standard output as Docker has it: drawn on a terminal; elsewhere a line for each step of
 * a layer, none for its bytes.
 */
export function createTransferProgress(
  context: CommandContext,
  { quiet = false, stream = context.io.stdout }: { quiet?: boolean; stream?: OutputPort } = {},
): Progress {
  const { progress } = context;
  if (!quiet && progress === 'plain') return createStepLines(stream);
  if (quiet || progress !== 'auto') return createProgress(context, { quiet });
  return stream.isTerminal ? createTerminalProgress(context, undefined, stream) : createStepLines(stream);
}
