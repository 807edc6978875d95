import { instructionError, syntaxError } from '../instruction-error.ts';
import { backslash, type WordSyntax } from './word-syntax.ts';

/**
 * Reads a JSON array of strings, the form that no shell sees.
 *
 * @returns undefined where the text is no JSON array and therefore meant for a shell
 */
export function parseJsonWords(text: string): string[] | undefined {
  if (!text.trimStart().startsWith('[')) return undefined;
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (!Array.isArray(value)) return undefined;
  return value.map((item) => {
    if (typeof item !== 'string') {
      throw instructionError('when using JSON array syntax, arrays must be comprised of strings only');
    }
    return item;
  });
}

/** Splits at white space that is neither quoted nor escaped; quotes and escapes stay. */
export function splitWords(text: string, syntax: WordSyntax = backslash): string[] {
  return text.match(syntax.escape === '\\' ? wordPattern : wordPatternBacktick) ?? [];
}

const wordPattern = /(?:\\[\s\S]?|'(?:[^']*'?)|"(?:\\[\s\S]|[^"\\])*"?|[^\s\\'"])+/g;
const wordPatternBacktick = /(?:`[\s\S]?|'(?:[^']*'?)|"(?:`[\s\S]|[^"`])*"?|[^\s`'"])+/g;

/**
 * Reads `NAME=VALUE …`, or the old form `NAME VALUE` in which the value is all that follows. Values are still quoted.
 */
export function parsePairs(command: string, text: string, syntax: WordSyntax = backslash): Pairs {
  const words = splitWords(text, syntax);
  const [first] = words;
  if (first === undefined) throw instructionError(`${command} requires at least one argument`);
  if (!first.includes('=')) {
    const [, name = '', value] = /^(\S+)(?:\s+([\s\S]*))?$/.exec(text) ?? [];
    if (value === undefined) throw syntaxError(`${command} must have two arguments`);
    return { pairs: [[name, value]], legacy: true };
  }
  const pairs = words.map((word): readonly [string, string] => {
    const equals = word.indexOf('=');
    if (equals < 0) {
      throw syntaxError(
        `Syntax error - can't find = in ${JSON.stringify(word)}. Must be of the form: name=value`,
      );
    }
    if (equals === 0) throw instructionError(`${command} names can not be blank`);
    return [word.slice(0, equals), word.slice(equals + 1)];
  });
  return { pairs, legacy: false };
}

export interface Pairs {
  readonly pairs: readonly (readonly [name: string, value: string])[];
  /** Written as `NAME VALUE`. */
  readonly legacy: boolean;
}
