import { LamellaError } from '../base/errors.ts';
import type { JsonObject, JsonValue } from '../base/json.ts';

export interface JsonLimits {
  /** Most bytes of a document; 4 MiB by default, which is also what registries take for a manifest. */
  readonly maxBytes?: number;
  /** Most arrays and objects inside each other; 64 by default. */
  readonly maxDepth?: number;
}

/** The largest manifest, index or config that is read, in bytes. */
export const documentLimit: number = 4 << 20;

/**
 * Parses JSON that came from elsewhere. Refused is whatever two parsers could understand differently or that could
 * exhaust one: repeated names in an object, invalid UTF-8, integers beyond 2^53, great size and deep nesting.
 *
 * @throws LamellaError invalid `json-invalid`
 */
export function parseStrictJson(bytes: Uint8Array, limits: JsonLimits = {}): JsonValue {
  const maxBytes = limits.maxBytes ?? documentLimit;
  if (bytes.byteLength > maxBytes) throw invalid(`document is larger than ${maxBytes} bytes`);
  return new Parser(decode(bytes), limits.maxDepth ?? 64).document();
}

function decode(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (cause) {
    throw new LamellaError('invalid', 'document is not valid UTF-8', { code: 'json-invalid', cause });
  }
}

const space = /[ \t\n\r]*/y;
const plainString = /"[^"\\\u0000-\u001f]*"/y;
const anyString = /"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"/y;
const number = /-?(?:0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?/y;
const word = /true|false|null/y;

class Parser {
  readonly #text: string;
  readonly #maxDepth: number;
  #position = 0;
  #depth = 0;

  constructor(text: string, maxDepth: number) {
    this.#text = text;
    this.#maxDepth = maxDepth;
  }

  document(): JsonValue {
    const value = this.#value();
    this.#take(space);
    if (this.#position !== this.#text.length) throw this.#unexpected();
    return value;
  }

  #value(): JsonValue {
    this.#take(space);
    switch (this.#text.charAt(this.#position)) {
      case '{':
        return this.#nested(() => this.#object());
      case '[':
        return this.#nested(() => this.#array());
      case '"':
        return this.#string();
      case 't':
      case 'f':
      case 'n':
        return this.#word();
      default:
        return this.#number();
    }
  }

  #nested<T>(read: () => T): T {
    this.#depth += 1;
    if (this.#depth > this.#maxDepth)
      throw invalid(`document is nested deeper than ${this.#maxDepth} levels`);
    this.#position += 1;
    const value = read();
    this.#depth -= 1;
    return value;
  }

  #object(): JsonObject {
    const object: Record<string, JsonValue> = {};
    if (this.#skips('}')) return object;
    for (;;) {
      this.#take(space);
      const name = this.#string();
      if (Object.hasOwn(object, name)) throw invalid(`duplicate field ${JSON.stringify(name)}`);
      if (!this.#skips(':')) throw this.#unexpected();
      setOwn(object, name, this.#value());
      if (this.#skips('}')) return object;
      if (!this.#skips(',')) throw this.#unexpected();
    }
  }

  #array(): JsonValue[] {
    const array: JsonValue[] = [];
    if (this.#skips(']')) return array;
    for (;;) {
      array.push(this.#value());
      if (this.#skips(']')) return array;
      if (!this.#skips(',')) throw this.#unexpected();
    }
  }

  #string(): string {
    const plain = this.#take(plainString);
    if (plain !== undefined) return plain.slice(1, -1);
    const escaped = this.#take(anyString);
    if (escaped === undefined) throw this.#unexpected();
    return JSON.parse(escaped) as string;
  }

  #number(): number {
    const start = this.#position;
    const text = this.#take(number);
    if (text === undefined || text === '') throw this.#unexpected();
    const value = Number(text);
    if (!Number.isFinite(value) || (/^-?[0-9]+$/.test(text) && !Number.isSafeInteger(value))) {
      throw invalid(`number out of range at offset ${start}`);
    }
    return value;
  }

  #word(): boolean | null {
    const text = this.#take(word);
    if (text === undefined) throw this.#unexpected();
    return text === 'null' ? null : text === 'true';
  }

  #take(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.#position;
    const match = pattern.exec(this.#text);
    if (match === null) return undefined;
    this.#position = pattern.lastIndex;
    return match[0];
  }

  #skips(character: string): boolean {
    this.#take(space);
    if (this.#text[this.#position] !== character) return false;
    this.#position += 1;
    return true;
  }

  #unexpected(): LamellaError {
    const found = this.#text[this.#position];
    const what = found === undefined ? 'end of document' : JSON.stringify(found);
    return invalid(`unexpected ${what} at offset ${this.#position}`);
  }
}

/** Sets a property also when it is called `__proto__`. */
export function setOwn<T>(object: Record<string, T>, name: string, value: T): void {
  if (name === '__proto__') {
    Object.defineProperty(object, name, { value, writable: true, enumerable: true, configurable: true });
  } else {
    object[name] = value;
  }
}

function invalid(message: string): LamellaError {
  return new LamellaError('invalid', `invalid JSON: ${message}`, { code: 'json-invalid' });
}
