import { checkArity } from './arguments/arity.ts';
import type { Command } from './arguments/command.ts';
import { globalOptions } from './arguments/global-options.ts';
import type { OptionValues } from './arguments/options.ts';
import { parseOptions } from './arguments/parse-options.ts';
import { findCommand, groups, type CommandEntry } from './commands/registry.ts';
import { ArityError, UsageError } from './errors/cli-error.ts';
import { printedError } from './errors/print-error.ts';
import { chooseLanguage } from './languages/choose-language.ts';
import type { Language } from './languages/text.ts';
import { isTermination, type Io } from './output/io.ts';
import { openContext } from './output/open-context.ts';
import { takesColours } from './output/style.ts';
import type { OpenEngine } from '../engine/ports/engine.ts';

export interface CommandLineDeps {
  readonly io: Io;
  readonly openEngine: OpenEngine;
  /** Of this program: what `--version` prints. */
  readonly version: string;
  /** As people call it; `lamella` by default. */
  readonly program?: string;
}

type Globals = OptionValues<typeof globalOptions>;

/**
 * Runs one command line.
 *
 * @param argv what follows the program's name
 * @returns the exit code; every error has been printed
 */
export async function runCommandLine(argv: readonly string[], deps: CommandLineDeps): Promise<number> {
  const { io, program = 'lamella' } = deps;
  let language: Language = chooseLanguage(undefined, io.env);
  let globals: ReturnType<typeof parseOptions>;
  try {
    globals = parseOptions(argv, globalOptions, { stopAtPositional: true });
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    return usageFailure(io, error, { name: program, usage: '[OPTIONS] COMMAND [ARG...]' }, language);
  }
  const values = globals.values as Globals;
  language = chooseLanguage(values.lang, io.env);
  const words = globals.positional;
  const helpOptions = { language, columns: io.stdout.columns ?? 80 };

  if (values.version) {
    await io.stdout.write(`Lamella version ${deps.version}\n`);
    return 0;
  }
  // `lamella help image ls` is `lamella image ls --help`.
  if (words[0] === 'help') {
    return runCommandLine([...argv.slice(0, argv.indexOf('help')), ...words.slice(1), '--help'], deps);
  }
  if (words.length === 0) {
    const { formatOverview } = await import('./arguments/format-overview.ts');
    await io.stdout.write(await formatOverview(program, helpOptions));
    return 0;
  }
  const found = findCommand(words);
  if (found === undefined) return noCommand(words, deps, helpOptions);
  const { entry, length } = found;
  const name = `${program} ${found.name}`;
  const command = await entry.load();
  let parsed: ReturnType<typeof parseOptions>;
  try {
    parsed = parseOptions(words.slice(length), command.options, {
      stopAtPositional: command.stopAtPositional ?? false,
    });
    if (globals.help || parsed.help) {
      await io.stdout.write(await help(command, entry, name, program, helpOptions));
      return 0;
    }
    checkArity(command.arity, parsed.positional.length, name);
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    return usageFailure(io, error, { name, usage: command.usage }, language);
  }
  return runCommand(command, parsed, { ...deps, globals: values, language, name });
}

async function runCommand(
  command: Command,
  parsed: ReturnType<typeof parseOptions>,
  deps: CommandLineDeps & { globals: Globals; language: Language; name: string },
): Promise<number> {
  const { io, globals, language, name } = deps;
  await using context = openContext({
    io,
    language,
    commandName: name,
    json: globals.json,
    progress: globals.progress ?? 'auto',
    openEngine: () =>
      deps.openEngine({
        root: globals.root,
        storageDriver: globals['storage-driver'],
        debug: globals.debug,
      }),
  });
  try {
    const code = await command.run({
      options: parsed.values,
      given: parsed.given,
      args: parsed.positional,
      context,
    });
    return code ?? 0;
  } catch (error) {
    if (error instanceof UsageError) {
      return await usageFailure(io, error, { name, usage: command.usage }, language);
    }
    const { text, exitCode } = printedError(error, {
      language,
      json: globals.json,
      debug: globals.debug,
      colours: takesColours(io, io.stderr),
      commandName: name,
      failureCode: command.failureCode ?? 1,
      terminated: io.signal.aborted && isTermination(io.signal.reason),
    });
    await io.stderr.write(text);
    return exitCode;
  }
}

async function help(
  command: Command,
  entry: CommandEntry,
  name: string,
  program: string,
  options: { language: Language; columns: number },
): Promise<string> {
  const { formatCommandHelp } = await import('./arguments/format-help.ts');
  const names = entry.names.map((each) => `${program} ${each}`);
  return formatCommandHelp(command, { name, names }, options);
}

/** The words name no command: a group's overview, or an error with what may have been meant. */
async function noCommand(
  words: readonly string[],
  { io, program = 'lamella' }: CommandLineDeps,
  options: { language: Language; columns: number },
): Promise<number> {
  const [first = '', second] = words;
  const group = groups.find(({ name }) => name === first);
  const unwanted = second?.startsWith('-') === true && second !== '--help' && second !== '-h';
  if (group !== undefined && unwanted) {
    const error = new UsageError(`unknown flag: ${second}`);
    return usageFailure(io, error, { name: `${program} ${first}`, usage: '' }, options.language);
  }
  if (group !== undefined && (second === undefined || second.startsWith('-'))) {
    const { formatGroupHelp } = await import('./arguments/format-overview.ts');
    await io.stdout.write(await formatGroupHelp(program, first, options));
    return 0;
  }
  const { unknownCommand } = await import('./arguments/unknown-command.ts');
  await io.stderr.write(unknownCommand(words, program, options.language));
  return 1;
}

async function usageFailure(
  io: Io,
  error: UsageError,
  command: { name: string; usage: string },
  language: Language,
): Promise<number> {
  const { formatUsageError } = await import('./arguments/format-help.ts');
  const isArity = error instanceof ArityError;
  const advice = isArity ? error.advice : 'runHelp';
  await io.stderr.write(formatUsageError({ message: error.message, advice }, command, language));
  // Docker: 125 for options that it cannot read, 1 for a wrong number of arguments.
  return isArity ? 1 : 125;
}
