import { UsageError } from '../errors/cli-error.ts';
import { parseOptionValue, type OptionValue } from './option-value.ts';
import type { Option, OptionTable } from './options.ts';

export interface ParsedArguments {
  readonly values: Readonly<Record<string, OptionValue>>;
  /** Long names of the options that were written. */
  readonly given: ReadonlySet<string>;
  readonly positional: readonly string[];
  /** `--help` or `-h` was asked for, where `-h` has no other meaning. */
  readonly help: boolean;
}

/**
 * Parses options as Docker's pflag does: `-it`, `-eA=b`, `-e A=b`, `--name x`, `--name=x`, `--flag=false`, `--`.
 *
 * @param options.stopAtPositional what follows the first positional argument is not ours: `run IMAGE ls -l`
 * @throws UsageError with pflag's message
 */
export function parseOptions(
  args: readonly string[],
  table: OptionTable,
  { stopAtPositional = false }: { stopAtPositional?: boolean } = {},
): ParsedArguments {
  const values: Record<string, OptionValue> = initialValues(table);
  const given = new Set<string>();
  const positional: string[] = [];
  let help = false;

  const set = (name: string, option: Option, raw: string): void => {
    values[name] = parseOptionValue(name, option, raw, given.has(name) ? values[name] : undefined);
    given.add(name);
  };

  for (let at = 0; at < args.length; at++) {
    const word = args[at] as string;
    if (word === '--') {
      positional.push(...args.slice(at + 1));
      break;
    }
    if (!word.startsWith('-') || word === '-') {
      if (stopAtPositional) {
        positional.push(...args.slice(at));
        break;
      }
      positional.push(word);
      continue;
    }
    if (word.startsWith('--')) {
      const equals = word.indexOf('=');
      const written = word.slice(2, equals === -1 ? undefined : equals);
      if (written === 'help' && !Object.hasOwn(table, 'help')) {
        help = true;
        continue;
      }
      const name = findByName(table, written);
      if (name === undefined || written === '') throw new UsageError(`unknown flag: --${written}`);
      const option = table[name] as Option;
      if (equals !== -1) set(name, option, word.slice(equals + 1));
      else if (option.kind === 'flag') set(name, option, 'true');
      else {
        const next = args[++at];
        if (next === undefined) throw new UsageError(`flag needs an argument: --${written}`);
        set(name, option, next);
      }
      continue;
    }
    for (let letter = 1; letter < word.length; letter++) {
      const short = word[letter] as string;
      const name = findByShort(table, short);
      if (name === undefined) {
        if (short === 'h') {
          help = true;
          continue;
        }
        throw new UsageError(`unknown shorthand flag: '${short}' in ${word}`);
      }
      const option = table[name] as Option;
      const rest = word.slice(letter + 1);
      if (rest.startsWith('=')) {
        set(name, option, rest.slice(1));
        break;
      }
      if (option.kind === 'flag') {
        set(name, option, 'true');
        continue;
      }
      const value = rest === '' ? args[++at] : rest;
      if (value === undefined) throw new UsageError(`flag needs an argument: '${short}' in ${word}`);
      set(name, option, value);
      break;
    }
  }
  return { values, given, positional, help };
}

function initialValues(table: OptionTable): Record<string, OptionValue> {
  return Object.fromEntries(
    Object.entries(table).map(([name, option]): [string, OptionValue] => {
      if (option.kind === 'list') return [name, []];
      if (option.kind === 'filter') return [name, {}];
      return [name, 'default' in option ? option.default : undefined];
    }),
  );
}

function findByName(table: OptionTable, written: string): string | undefined {
  if (Object.hasOwn(table, written)) return written;
  return Object.keys(table).find((name) => table[name]?.alias === written);
}

function findByShort(table: OptionTable, short: string): string | undefined {
  return Object.keys(table).find((name) => table[name]?.short === short);
}
