import { instructionError } from '../instruction-error.ts';

export type Lookup = (name: string) => string | undefined;

/**
 * Takes quotes and backslashes off a word and puts in the values of variables, as Docker's shell lexer does: `$A`,
 * `${A}`, `${A:-default}`, `${A:+other}`, `${A:?message}`, each also without the colon.
 */
export function expandWord(word: string, lookup: Lookup): string {
  const reader = new WordReader(word, lookup);
  try {
    return reader.read();
  } catch (error) {
    throw instructionError(`failed to process ${JSON.stringify(word)}: ${(error as Error).message}`);
  }
}

class WordReader {
  readonly #text: string;
  readonly #lookup: Lookup;
  #position = 0;

  constructor(text: string, lookup: Lookup) {
    this.#text = text;
    this.#lookup = lookup;
  }

  /** Reads until the end, or until the brace that closes what we are inside of. */
  read(closing?: '}'): string {
    let result = '';
    for (;;) {
      const character = this.#next();
      if (character === undefined) {
        if (closing) throw new Error("syntax error: missing '}'");
        return result;
      }
      if (character === closing) return result;
      if (character === "'") result += this.#singleQuoted();
      else if (character === '"') result += this.#doubleQuoted();
      else if (character === '$') result += this.#variable();
      else if (character === '\\') result += this.#next() ?? '';
      else result += character;
    }
  }

  #singleQuoted(): string {
    const end = this.#text.indexOf("'", this.#position);
    if (end < 0) throw new Error('unexpected end of statement while looking for matching single-quote');
    const quoted = this.#text.slice(this.#position, end);
    this.#position = end + 1;
    return quoted;
  }

  #doubleQuoted(): string {
    let result = '';
    for (;;) {
      const character = this.#next();
      if (character === undefined) {
        throw new Error('unexpected end of statement while looking for matching double-quote');
      }
      if (character === '"') return result;
      if (character === '$') result += this.#variable();
      else if (character === '\\') {
        const escaped = this.#next() ?? '';
        result += /["$\\]/.test(escaped) ? escaped : `\\${escaped}`;
      } else result += character;
    }
  }

  #variable(): string {
    if (this.#text[this.#position] === '{') {
      this.#position += 1;
      return this.#braced();
    }
    const name = this.#name();
    return name === '' ? '$' : (this.#lookup(name) ?? '');
  }

  #braced(): string {
    const name = this.#name();
    const value = this.#lookup(name);
    let modifier = this.#next();
    if (modifier === undefined) throw new Error("syntax error: missing '}'");
    if (name === '') throw new Error('syntax error: bad substitution');
    if (modifier === '}') return value ?? '';
    const colon = modifier === ':';
    if (colon) modifier = this.#next() ?? '';
    if (!/^[-+?]$/.test(modifier)) {
      throw new Error(`unsupported modifier (${colon ? ':' : ''}${modifier}) in substitution`);
    }
    const word = this.read('}');
    const isSet = value !== undefined && !(colon && value === '');
    if (modifier === '+') return isSet ? word : '';
    if (isSet) return value;
    if (modifier === '-') return word;
    throw new Error(`${name}: ${word === '' ? 'not allowed to be unset' : word}`);
  }

  #name(): string {
    const pattern = /[A-Za-z_][A-Za-z0-9_]*|[0-9@*#?$!-]/y;
    pattern.lastIndex = this.#position;
    const name = pattern.exec(this.#text)?.[0] ?? '';
    this.#position += name.length;
    return name;
  }

  #next(): string | undefined {
    const character = this.#text[this.#position];
    this.#position += 1;
    return character;
  }
}
