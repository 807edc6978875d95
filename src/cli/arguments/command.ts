import type { Text } from '../languages/text.ts';
import type { CommandContext } from '../output/context.ts';
import type { Arity } from './arity.ts';
import type { OptionTable, OptionValues } from './options.ts';

/** What completion offers for a command's positional arguments. */
export type Completion =
  | 'image'
  | 'container'
  | 'running-container'
  | 'volume'
  | 'network'
  | 'object'
  | 'file'
  | 'none';

interface Example {
  readonly command: string;
  readonly note: Text;
}

interface CommandTexts {
  /** Behind the name: `[OPTIONS] IMAGE [IMAGE...]`. */
  readonly usage: string;
  readonly summary: Text;
  readonly examples?: readonly Example[];
}

interface Definition<T extends OptionTable> extends CommandTexts {
  readonly options: T;
  readonly arity: Arity;
  /** Options end at the first positional argument: `run IMAGE ls -l`. */
  readonly stopAtPositional?: boolean;
  readonly completion?: Completion;
  /** Exit code where the command fails before its work begins; 1 by default, 125 for `run`. */
  readonly failureCode?: number;
  /** @returns the exit code, 0 where nothing is returned */
  run(invocation: Invocation<T>): Promise<number | void>;
}

interface Invocation<T extends OptionTable> {
  readonly options: OptionValues<T>;
  /** Long names of the options that were written. */
  readonly given: ReadonlySet<string>;
  readonly args: readonly string[];
  readonly context: CommandContext;
}

/** A command with the types of its options forgotten: what the parser, help and completion handle. */
export type Command = Definition<OptionTable>;

/** Checks a command's definition: its options' values are inferred for `run`. */
export function defineCommand<const T extends OptionTable>(definition: Definition<T>): Command {
  return definition;
}
