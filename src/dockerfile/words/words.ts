import { instructionError } from '../instruction-error.ts';

/**
 * Reads a JSON array of strings, the form that no shell sees.
 *
 * @returns undefined where the text is no JSON array and therefore meant for a shell
 */
export function parseJsonWords(text: string): string[] | undefined {
  if (!text.startsWith('[')) return undefined;
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

/** Splits at white space that is neither quoted nor escaped; quotes and backslashes stay. */
export function splitWords(text: string): string[] {
  return text.match(/(?:\\[\s\S]?|'(?:[^']*'?)|"(?:\\[\s\S]|[^"\\])*"?|[^\s\\'"])+/g) ?? [];
}

/**
 * Reads `NAME=VALUE …`, or the old form `NAME VALUE` in which the value is all that follows. Values are still quoted.
 */
export function parsePairs(command: string, text: string): [name: string, value: string][] {
  const words = splitWords(text);
  const [first] = words;
  if (first === undefined) throw instructionError(`${command} requires at least one argument`);
  if (!first.includes('=')) {
    const [, name = '', value] = /^(\S+)(?:\s+([\s\S]*))?$/.exec(text) ?? [];
    if (value === undefined) throw instructionError(`${command} must have two arguments`);
    return [[name, value]];
  }
  return words.map((word) => {
    const equals = word.indexOf('=');
    if (equals < 0) {
      throw instructionError(
        `Syntax error - can't find = in ${JSON.stringify(word)}. Must be of the form: name=value`,
      );
    }
    if (equals === 0) throw instructionError(`${command} names can not be blank`);
    return [word.slice(0, equals), word.slice(equals + 1)];
  });
}
