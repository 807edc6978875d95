import { readFile } from 'node:fs/promises';
import { isLamellaError, LamellaError, messageOf, systemErrorCode } from '../../base/errors.ts';
import type { JsonObject, JsonValue } from '../../base/json.ts';
import { parseStrictJson } from '../../oci/strict-json.ts';

/** A JSON file that a person writes, and errors that name the file and the line. */
export interface ConfigFile {
  readonly path: string;
  readonly text: string;
  readonly value: JsonObject;
  /** @param near a key or string of the file: the error names the line where it first stands */
  wrong(problem: string, near?: string): LamellaError;
}

const largest = 1 << 20;

/**
 * Undefined where there is no such file. An empty one says nothing, as with Docker.
 *
 * @throws LamellaError invalid `config-invalid`, forbidden `config-unreadable`
 */
export async function readConfigFile(path: string): Promise<ConfigFile | undefined> {
  const bytes = await readWhole(path);
  if (bytes === undefined) return undefined;
  const text = bytes.toString('utf8').replace(/^\uFEFF/, '');
  const wrong = (problem: string, near?: string): LamellaError => {
    const offset = near === undefined ? -1 : text.indexOf(JSON.stringify(near));
    return configError(path, problem, offset < 0 ? undefined : lineAt(text, offset));
  };
  if (text.trim() === '') return { path, text, value: {}, wrong };
  const value = parse(path, text);
  if (!isObject(value)) throw wrong('it must be an object: { … }');
  return { path, text, value, wrong };
}

function configError(path: string, problem: string, line?: number): LamellaError {
  const place = line === undefined ? path : `${path}:${line}`;
  return new LamellaError('invalid', `${place}: ${problem}`, {
    code: 'config-invalid',
    hint: `Correct ${path}, or move it away.`,
  });
}

export function isObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The strings of a list under `name`; undefined where it is absent or null, as Docker reads it. */
export function stringsOf(file: ConfigFile, object: JsonObject, name: string): readonly string[] | undefined {
  const value = Object.hasOwn(object, name) ? object[name] : null;
  if (value === null || value === undefined) return undefined;
  if (Array.isArray(value) && value.every((item): item is string => typeof item === 'string')) return value;
  throw file.wrong(`"${name}" must be a list of strings`, name);
}

/** Gives an error about a value the place where the value stands. */
export function within<T>(file: ConfigFile, near: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (isLamellaError(error)) throw file.wrong(error.message, near);
    throw error;
  }
}

async function readWhole(path: string): Promise<Buffer | undefined> {
  try {
    const bytes = await readFile(path);
    if (bytes.byteLength > largest) throw configError(path, 'it is larger than 1 MiB');
    return bytes;
  } catch (error) {
    const code = systemErrorCode(error);
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    if (code === undefined) throw error;
    throw new LamellaError('forbidden', `cannot read ${path}: ${messageOf(error)}`, {
      code: 'config-unreadable',
      hint: `Make ${path} readable: sudo chmod a+r ${path}`,
      cause: error,
    });
  }
}

function parse(path: string, text: string): JsonValue {
  try {
    return parseStrictJson(Buffer.from(text));
  } catch (error) {
    const message = messageOf(error).replace(/^invalid JSON: /, '');
    const offset = /^(.*) at offset (\d+)$/.exec(message);
    const repeated = /^duplicate field (".*")$/.exec(message)?.[1];
    if (offset !== null) throw configError(path, offset[1] ?? message, lineAt(text, Number(offset[2])));
    if (repeated === undefined) throw configError(path, message);
    throw configError(path, message, lineAt(text, text.lastIndexOf(repeated)));
  }
}

function lineAt(text: string, offset: number): number {
  return text.slice(0, offset).split('\n').length;
}
