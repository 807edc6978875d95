import {
  cancelledError,
  isLamellaError,
  type LamellaError,
  messageOf,
  type ErrorKind,
} from '../../base/errors.ts';
import { fill, messages } from '../languages/messages.ts';
import type { Language } from '../languages/text.ts';
import { dim } from '../output/style.ts';
import { escapeControl } from '../table/escape-control.ts';
import { BareError, CliError } from './cli-error.ts';
import { explain } from './explain.ts';

export interface PrintedError {
  readonly text: string;
  readonly exitCode: number;
}

export interface ErrorContext {
  readonly language: Language;
  readonly json: boolean;
  readonly debug: boolean;
  /** stderr is a terminal that takes colours. */
  readonly colours: boolean;
  /** `lamella run` puts its name before, and how to get help behind, as Docker does. */
  readonly commandName: string;
  readonly failureCode: number;
  /** SIGTERM has ended it, and not Ctrl-C. */
  readonly terminated?: boolean;
}

/** The command's exit code for each kind of failure, where the command does not say otherwise. */
const exitCodes: Readonly<Record<ErrorKind, number>> = {
  'not-found': 1,
  invalid: 1,
  conflict: 1,
  unauthorized: 1,
  forbidden: 1,
  unavailable: 1,
  unsupported: 1,
  cancelled: 130,
  corrupt: 1,
  'no-space': 1,
  internal: 1,
};

/**
 * The line for an error of the engine: what Docker's client would print had its daemon raised it, since these are the
 * words that people and scripts look for. Errors whose code begins with `client-` are the client's own in Docker too.
 */
export function errorLine(error: unknown): string {
  // Messages quote names that come from anywhere: none of them may move the cursor.
  return wordsOf(error).split('\n').map(escapeControl).join('\n');
}

function wordsOf(error: unknown): string {
  if (isLamellaError(error)) {
    const local = error.code.startsWith('client-') || error.kind === 'cancelled';
    return local ? error.message : `Error response from daemon: ${error.message}`;
  }
  if (error instanceof CliError) return error.message;
  return `Error: ${messageOf(error)}`;
}

export function printedError(thrown: unknown, context: ErrorContext): PrintedError {
  const error = ownError(thrown instanceof BareError ? thrown.error : thrown);
  const words = errorLine(thrown instanceof BareError ? thrown : error);
  const exitCode = exitCodeOf(error, context);
  if (context.json) return { text: `${JSON.stringify(asJson(error, exitCode))}\n`, exitCode };
  // What run says of itself (no terminal) stands alone; what keeps the container from running is introduced.
  const fails = context.failureCode === 125 && exitCode >= 125 && !isLamellaError(error, 'cancelled');
  const runs = fails || (error instanceof CliError && error.isIntroduced);
  const lines = [runs ? `${context.commandName.split(' ')[0]}: ${words}` : words];
  const say = (text: string): void => void lines.push(context.colours ? dim(text) : text);
  if (context.language === 'zh') {
    const chinese = isLamellaError(error) ? explain(error.code) : undefined;
    if (chinese !== undefined) say(chinese);
  }
  const hint = error instanceof CliError || isLamellaError(error) ? error.hint : undefined;
  if (hint !== undefined) say(fill(messages.hint[context.language], hint));
  if (runs) lines.push('', fill(messages.runHelp[context.language], context.commandName));
  if (context.debug && error instanceof Error && error.stack !== undefined) lines.push(error.stack);
  return { text: `${lines.join('\n')}\n`, exitCode };
}

/** Node.js's own functions end with an AbortError of theirs when the person has ended the command. */
function ownError(error: unknown): unknown {
  if (!(error instanceof Error) || error.name !== 'AbortError') return error;
  return cancelledError(error);
}

/** Who is ended by a signal ends with 128 and its number, whatever the command, as Docker's client does. */
function exitCodeOf(error: unknown, { failureCode, terminated = false }: ErrorContext): number {
  if (error instanceof CliError) return error.exitCode;
  if (!isLamellaError(error)) return failureCode;
  if (error.kind === 'cancelled') return terminated ? 143 : exitCodes.cancelled;
  if (failureCode === 125) return runCodes[error.code] ?? 125;
  return exitCodes[error.kind];
}

const runCodes: Readonly<Record<string, number>> = {
  'command-not-found': 127,
  'command-not-executable': 126,
  // What cannot be mounted, by its reason.
  ENOENT: 127,
  'subpath-not-found': 127,
  EACCES: 126,
};

function asJson(error: unknown, exitCode: number): object {
  const known: Partial<LamellaError> = isLamellaError(error) ? error : {};
  return {
    error: {
      message: messageOf(error),
      kind: known.kind ?? (error instanceof CliError ? 'invalid' : 'internal'),
      code: known.code ?? (error instanceof CliError ? 'command-line' : 'internal'),
      ...(known.hint === undefined ? {} : { hint: known.hint }),
      exitCode,
    },
  };
}
