import { instructionError } from '../instruction-error.ts';

/** One line of a Dockerfile, taken apart: `HEALTHCHECK --interval=5s CMD true`. */
export interface Instruction {
  /** As written. */
  readonly name: string;
  /** In upper case. */
  readonly command: string;
  /** Those before the arguments, with their dashes. */
  readonly flags: readonly string[];
  readonly rest: string;
}

/**
 * Splits text into instructions: a backslash at a line's end continues it; blank lines and comments do not count.
 */
export function parseInstructions(text: string): Instruction[] {
  const instructions: Instruction[] = [];
  let unfinished = '';
  for (const line of text.split(/\r?\n/)) {
    if (/^\s*(?:#|$)/.test(line)) continue;
    const whole = unfinished + (unfinished === '' ? line.trimStart() : line);
    if (/\\[ \t]*$/.test(whole)) {
      unfinished = whole.replace(/\\[ \t]*$/, '');
      continue;
    }
    unfinished = '';
    instructions.push(parseInstruction(whole));
  }
  if (unfinished !== '') instructions.push(parseInstruction(unfinished));
  return instructions;
}

function parseInstruction(line: string): Instruction {
  const [, name = '', after = ''] = /^\s*(\S*)\s*([\s\S]*?)\s*$/.exec(line) ?? [];
  const flags: string[] = [];
  let rest = after;
  for (;;) {
    const match = /^(--\S+)\s*/.exec(rest);
    if (match === null) break;
    rest = rest.slice(match[0].length);
    if (match[1] !== undefined) flags.push(match[1]);
  }
  return { name, command: name.toUpperCase(), flags, rest };
}

/**
 * Reads an instruction's flags.
 *
 * @param allowed names without dashes
 */
export function readFlags(instruction: Instruction, allowed: readonly string[] = []): Map<string, string> {
  const values = new Map<string, string>();
  for (const flag of instruction.flags) {
    const [, name = '', value] = /^--([^=]*)(?:=([\s\S]*))?$/.exec(flag) ?? [];
    if (!allowed.includes(name)) throw instructionError(`unknown flag: --${name}`);
    if (value === undefined) throw instructionError(`missing a value on flag: --${name}`);
    if (values.has(name)) throw instructionError(`duplicate flag specified: --${name}`);
    values.set(name, value);
  }
  return values;
}
