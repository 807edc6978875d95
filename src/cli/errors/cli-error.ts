/** An error that the command line itself raises; its message is printed as it stands. */
export class CliError extends Error {
  override readonly name = 'CliError';
  readonly exitCode: number;
  readonly hint: string | undefined;

  constructor(message: string, { exitCode = 1, hint }: { exitCode?: number; hint?: string } = {}) {
    super(message);
    this.exitCode = exitCode;
    this.hint = hint;
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
