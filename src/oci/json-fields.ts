import { LamellaError } from '../base/errors.ts';
import type { JsonObject, JsonValue } from '../base/json.ts';
import { setOwn } from './strict-json.ts';

/**
 * Reads the fields of one JSON object by name and type. A field that is absent or null reads as undefined, as Go's
 * encoding/json has it; one of another type is an error.
 */
export interface Fields {
  string(name: string): string | undefined;
  boolean(name: string): boolean | undefined;
  /** A whole number that is not negative. */
  size(name: string): number | undefined;
  integer(name: string): number | undefined;
  strings(name: string): string[] | undefined;
  /** An object whose values are all strings. */
  stringMap(name: string): Record<string, string> | undefined;
  /** The names of an object whose values do not matter, such as ExposedPorts. */
  nameSet(name: string): string[] | undefined;
  object(name: string): Fields | undefined;
  objects(name: string): Fields[] | undefined;
  has(name: string): boolean;
  /** An error about the field, for checks of the caller's own. */
  wrong(name: string, what: string): LamellaError;
}

/**
 * @param where what the object is, for messages: `manifest`, `image config`
 * @param names all field names that the caller reads. A document in which one of them is spelt in another case is
 *   refused: Go programs would read that field, and others would not, so that the two see different documents.
 * @throws LamellaError invalid `document-invalid`, here and in every method
 */
export function readFields(value: JsonValue, where: string, names: readonly string[]): Fields {
  const wrong = (name: string, what: string): LamellaError =>
    new LamellaError('invalid', `invalid ${where}: ${name === '' ? '' : `${name}: `}${what}`, {
      code: 'document-invalid',
    });
  if (!isObject(value)) throw wrong('', 'not an object');
  refuseOtherCase(value, names, wrong);

  const read = <T>(
    name: string,
    type: string,
    is: (value: JsonValue) => value is JsonValue & T,
  ): T | undefined => {
    const field = Object.hasOwn(value, name) ? value[name] : null;
    if (field === null || field === undefined) return undefined;
    if (!is(field)) throw wrong(name, `not ${type}`);
    return field;
  };
  const readObject = (name: string): JsonObject | undefined => read(name, 'an object', isObject);

  const fields: Fields = {
    string: (name) => read(name, 'a string', isString),
    boolean: (name) => read(name, 'true or false', isBoolean),
    integer: (name) => read(name, 'a whole number', isInteger),
    size: (name) => {
      const size = read(name, 'a whole number', isInteger);
      if (size !== undefined && size < 0) throw wrong(name, 'negative');
      return size;
    },
    strings: (name) => {
      const array = read(name, 'an array', isArray);
      return array?.map((item) => {
        if (!isString(item)) throw wrong(name, 'not an array of strings');
        return item;
      });
    },
    stringMap: (name) => {
      const object = readObject(name);
      if (object === undefined) return undefined;
      const map: Record<string, string> = {};
      for (const [key, item] of Object.entries(object)) {
        if (!isString(item)) throw wrong(name, 'not an object of strings');
        setOwn(map, key, item);
      }
      return map;
    },
    nameSet: (name) => {
      const object = readObject(name);
      return object && Object.keys(object);
    },
    object: (name) => {
      const object = readObject(name);
      return object && readFields(object, `${where}: ${name}`, []);
    },
    objects: (name) => {
      const array = read(name, 'an array', isArray);
      return array?.map((item, index) => readFields(item, `${where}: ${name}[${index}]`, []));
    },
    has: (name) => Object.hasOwn(value, name),
    wrong,
  };
  return fields;
}

function refuseOtherCase(
  object: JsonObject,
  names: readonly string[],
  wrong: (name: string, what: string) => LamellaError,
): void {
  if (names.length === 0) return;
  const expected = new Map(names.map((name) => [name.toLowerCase(), name]));
  for (const name of Object.keys(object)) {
    const known = expected.get(name.toLowerCase());
    if (known !== undefined && known !== name) throw wrong(name, `ambiguous spelling of ${known}`);
  }
}

function isObject(value: JsonValue): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isArray(value: JsonValue): value is readonly JsonValue[] {
  return Array.isArray(value);
}

function isString(value: JsonValue): value is string {
  return typeof value === 'string';
}

function isBoolean(value: JsonValue): value is boolean {
  return typeof value === 'boolean';
}

function isInteger(value: JsonValue): value is number {
  return Number.isSafeInteger(value);
}
