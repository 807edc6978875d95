import type { LamellaError } from '../../base/errors.ts';

/** An error that the command line itself raises; its message is printed as it stands. */
export class CliError extends Error {
  override readonly name = 'CliError';
  readonly exitCode: number;
  readonly hint: string | undefined;
  /** Printed behind the program's name, and followed by how to get help. */
  readonly isIntroduced: boolean;

  constructor(
    message: string,
    {
      exitCode = 1,
      hint,
      isIntroduced = false,
    }: { exitCode?: number; hint?: string; isIntroduced?: boolean } = {},
  ) {
    super(message);
    this.exitCode = exitCode;
    this.hint = hint;
    this.isIntroduced = isIntroduced;
  }
}

/**
 * An error of the engine that Docker prints without naming its daemon, since it comes in the middle of what the daemon
 * tells: whatever ends a push that has begun, for one.
 */
export class BareError extends CliError {
  readonly error: LamellaError;

  constructor(error: LamellaError) {
    super(error.message);
    this.error = error;
  }
}

/** A command line that cannot be understood; the message is followed by how the command is used. */
export class UsageError extends CliError {}

/** A wrong number of arguments, with which Docker ends with 1 whatever the command. */
export class ArityError extends UsageError {
  /** Docker says `See` instead of `Run` where arguments are missing that any number may follow. */
  readonly advice: 'runHelp' | 'seeHelp';

  constructor(message: string, advice: 'runHelp' | 'seeHelp') {
    super(message);
    this.advice = advice;
  }
}
