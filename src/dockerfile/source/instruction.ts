import { instructionError, type SourceRange } from '../instruction-error.ts';
import { suggestWord } from '../suggest-word.ts';
import type { Heredoc } from './heredoc.ts';

/** One instruction, taken apart: `HEALTHCHECK --interval=5s CMD true`. */
export interface Instruction {
  /** As written. */
  readonly name: string;
  /** In upper case. */
  readonly command: string;
  /** Those before the arguments, with their dashes. */
  readonly flags: readonly string[];
  /** Without the flags and the white space around. */
  readonly rest: string;
}

/** An instruction and where it stands. */
export interface SourceInstruction extends Instruction {
  /** Its lines as one, without what continues them. */
  readonly line: string;
  readonly range: SourceRange;
  readonly heredocs: readonly Heredoc[];
  /** The lines of the comment right above it. */
  readonly comments: readonly string[];
}

export function parseInstruction(line: string): Instruction {
  const [, name = '', after = ''] = /^\s*(\S*)\s*([\s\S]*?)\s*$/.exec(line) ?? [];
  const flags: string[] = [];
  let rest = after;
  for (;;) {
    const match = /^(--(?:"[^"]*"|'[^']*'|\S)+)\s*/.exec(rest);
    if (match === null) break;
    rest = rest.slice(match[0].length);
    if (match[1] !== undefined) flags.push(match[1].replace(/(["'])(.*?)\1/gs, '$2'));
  }
  // `--` alone ends the flags.
  return { name, command: name.toUpperCase(), flags, rest: rest.replace(/^--(?=\s|$)\s*/, '') };
}

/** What kinds of flags an instruction takes, by their names without dashes. */
export interface AllowedFlags {
  /** Need a value, once. */
  readonly values?: readonly string[];
  /** `--link`, `--link=false` */
  readonly switches?: readonly string[];
  /** Need a value, as often as wanted. */
  readonly lists?: readonly string[];
}

export interface Flags {
  value(name: string): string | undefined;
  /** undefined where it was not given. */
  isOn(name: string): boolean | undefined;
  list(name: string): readonly string[];
}

/**
 * Reads an instruction's flags.
 *
 * @throws LamellaError invalid `instruction-invalid`
 */
export function readFlags(
  { flags }: Pick<Instruction, 'flags'>,
  { values = [], switches = [], lists = [] }: AllowedFlags = {},
): Flags {
  const found = new Map<string, string[]>();
  const names = [...values, ...switches, ...lists];
  for (const flag of flags) {
    const [, name = '', value] = /^--([^=]*)(?:=([\s\S]*))?$/.exec(flag) ?? [];
    if (!names.includes(name)) throw instructionError(`unknown flag: --${name}${suggestWord(name, names)}`);
    if (value === undefined && !switches.includes(name)) {
      throw instructionError(`missing a value on flag: --${name}`);
    }
    if (switches.includes(name) && !['true', 'false', undefined].includes(value?.toLowerCase())) {
      throw instructionError(`expecting boolean value for flag --${name}, not: ${value}`);
    }
    const known = found.get(name) ?? [];
    if (known.length > 0 && !lists.includes(name)) {
      throw instructionError(`duplicate flag specified: --${name}`);
    }
    found.set(name, [...known, value ?? 'true']);
  }
  const first = (name: string): string | undefined => found.get(name)?.[0];
  return {
    value: first,
    isOn(name) {
      const value = first(name);
      return value === undefined ? undefined : value.toLowerCase() === 'true';
    },
    list: (name) => found.get(name) ?? [],
  };
}
