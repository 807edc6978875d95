import { instructionError } from '../instruction-error.ts';
import { globExpression } from './glob-expression.ts';
import { backslash, type WordSyntax } from './word-syntax.ts';

export type Lookup = (name: string) => string | undefined;

export interface ExpandOptions extends Partial<WordSyntax> {
  /** Told of each variable that has no value, also of one with a default, as BuildKit's checks are. */
  readonly onUnset?: (name: string) => void;
  /** In the content of a here-document quotes are characters like any other. */
  readonly keepQuotes?: boolean;
}

/**
 * Takes quotes and escapes off a word and puts in the values of variables, as BuildKit's shell lexer does: `$A`, `${A}`;
 * `${A:-default}`, `${A:+other}`, `${A:?message}`, each also without the colon; `${A#pattern}`, `${A##pattern}`,
 * `${A%pattern}`, `${A%%pattern}`, `${A/pattern/text}`, `${A//pattern/text}`.
 *
 * @throws LamellaError invalid `instruction-invalid`
 */
export function expandWord(word: string, lookup: Lookup, options: ExpandOptions = {}): string {
  const state: Reading = {
    text: word,
    position: 0,
    lookup,
    escape: options.escape ?? backslash.escape,
    onUnset: options.onUnset ?? (() => {}),
    keepQuotes: options.keepQuotes ?? false,
  };
  try {
    return read(state, '');
  } catch (error) {
    throw instructionError(`failed to process ${JSON.stringify(word)}: ${(error as Error).message}`);
  }
}

interface Reading {
  readonly text: string;
  position: number;
  readonly lookup: Lookup;
  readonly escape: string;
  readonly onUnset: (name: string) => void;
  readonly keepQuotes: boolean;
}

/** Reads until one of the `closing` characters, or without any until the end. A pattern keeps its escapes. */
function read(state: Reading, closing: string, isPattern = false): string {
  let result = '';
  for (;;) {
    const character = next(state);
    if (character === undefined) {
      if (closing !== '') throw new Error("syntax error: missing '}'");
      return result;
    }
    if (closing.includes(character)) {
      state.position -= 1;
      return result;
    }
    if (character === '$') result += variable(state);
    else if (character === state.escape) result += isPattern ? kept(state) : escaped(state);
    else if (state.keepQuotes) result += character;
    else if (character === "'") result += singleQuoted(state);
    else if (character === '"') result += doubleQuoted(state);
    else result += character;
  }
}

function escaped(state: Reading): string {
  const character = next(state);
  if (!state.keepQuotes) return character ?? '';
  // Only what would be taken for a variable or for an escape needs one.
  return character === '$' || character === state.escape ? character : state.escape + (character ?? '');
}

/** In a pattern a backslash says that the next character stands for itself. */
function kept(state: Reading): string {
  return `\\${next(state) ?? ''}`;
}

function singleQuoted(state: Reading): string {
  const end = state.text.indexOf("'", state.position);
  if (end < 0) throw new Error('unexpected end of statement while looking for matching single-quote');
  const quoted = state.text.slice(state.position, end);
  state.position = end + 1;
  return quoted;
}

function doubleQuoted(state: Reading): string {
  let result = '';
  for (;;) {
    const character = next(state);
    if (character === undefined) {
      throw new Error('unexpected end of statement while looking for matching double-quote');
    }
    if (character === '"') return result;
    if (character === '$') result += variable(state);
    else if (character === state.escape) {
      const following = next(state) ?? '';
      const special = following === '"' || following === '$' || following === state.escape;
      result += special ? following : state.escape + following;
    } else result += character;
  }
}

function variable(state: Reading): string {
  if (state.text[state.position] === '{') {
    state.position += 1;
    return braced(state);
  }
  const name = variableName(state);
  return name === '' ? '$' : (valueOf(state, name) ?? '');
}

function braced(state: Reading): string {
  const name = variableName(state);
  const modifier = next(state);
  if (modifier === undefined) throw new Error("syntax error: missing '}'");
  if (name === '') throw new Error('syntax error: bad substitution');
  if (modifier === '}') return valueOf(state, name) ?? '';
  if (modifier === '#' || modifier === '%') return trimmed(state, name, modifier);
  if (modifier === '/') return replaced(state, name);
  return chosen(state, name, modifier);
}

/** `-`, `+` and `?`, with or without the colon that makes an empty value count as none. */
function chosen(state: Reading, name: string, first: string): string {
  const colon = first === ':';
  const modifier = colon ? (next(state) ?? '') : first;
  if (!/^[-+?]$/.test(modifier)) {
    throw new Error(`unsupported modifier (${colon ? ':' : ''}${modifier}) in substitution`);
  }
  const word = until(state, '}');
  const value = valueOf(state, name);
  const isSet = value !== undefined && !(colon && value === '');
  if (modifier === '+') return isSet ? word : '';
  if (isSet) return value;
  if (modifier === '-') return word;
  throw new Error(`${name}: ${word === '' ? 'not allowed to be unset' : word}`);
}

/** `#` takes the shortest match from the beginning, `%` from the end; doubled, the longest. */
function trimmed(state: Reading, name: string, side: '#' | '%'): string {
  const greedy = state.text[state.position] === side;
  if (greedy) state.position += 1;
  const pattern = read(state, '}', true);
  state.position += 1;
  const value = valueOf(state, name) ?? '';
  if (side === '#') {
    const match = new RegExp(`^(?:${globExpression(pattern, { greedy })})`, 'su').exec(value);
    return match === null ? value : value.slice(match[0].length);
  }
  // From the end, the shortest match begins latest.
  const exact = new RegExp(`^(?:${globExpression(pattern, { greedy: true })})$`, 'su');
  const starts = Array.from({ length: value.length + 1 }, (_, index) => index);
  const start = (greedy ? starts : starts.toReversed()).find((index) => exact.test(value.slice(index)));
  return start === undefined ? value : value.slice(0, start);
}

function replaced(state: Reading, name: string): string {
  const all = state.text[state.position] === '/';
  if (all) state.position += 1;
  const pattern = read(state, '/}', true);
  if (next(state) !== '/') throw new Error("syntax error: missing '/' in ${}");
  const replacement = until(state, '}');
  const value = valueOf(state, name) ?? '';
  if (pattern === '') return value;
  const expression = new RegExp(globExpression(pattern, { greedy: true }), all ? 'gsu' : 'su');
  return value.replace(expression, () => replacement);
}

function until(state: Reading, closing: string): string {
  const word = read(state, closing);
  state.position += 1;
  return word;
}

function valueOf(state: Reading, name: string): string | undefined {
  const value = state.lookup(name);
  if (value === undefined) state.onUnset(name);
  return value;
}

function variableName(state: Reading): string {
  const pattern = /[A-Za-z_][A-Za-z0-9_]*|[0-9@*#?$!-]/y;
  pattern.lastIndex = state.position;
  const name = pattern.exec(state.text)?.[0] ?? '';
  state.position += name.length;
  return name;
}

function next(state: Reading): string | undefined {
  const character = state.text[state.position];
  state.position += 1;
  return character;
}
