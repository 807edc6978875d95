import { readFile } from 'node:fs/promises';
import { systemErrorCode } from '../../../base/errors.ts';
import { CliError } from '../../errors/cli-error.ts';
import type { Io } from '../../output/io.ts';

/**
 * `-e` and `--env-file` as one list of `NAME=value`: a bare `NAME` takes the value that it has here, and is left out
 * where it has none.
 */
export async function readEnvironment(
  values: readonly string[],
  files: readonly string[],
  { env }: Pick<Io, 'env'>,
): Promise<string[]> {
  const fromFiles = await Promise.all(files.map(readLines));
  return [...fromFiles.flat(), ...values].flatMap((entry) => {
    if (entry.includes('=')) return [entry];
    const value = env[entry];
    return value === undefined ? [] : [`${entry}=${value}`];
  });
}

/** `-l` and `--label-file` by key; a label without `=` is empty. */
export async function readLabels(
  values: readonly string[],
  files: readonly string[],
): Promise<Record<string, string>> {
  const fromFiles = await Promise.all(files.map(readLines));
  return Object.fromEntries([...fromFiles.flat(), ...values].map(splitAtEquals));
}

/** `name=value` in two, the value empty where there is no `=`. */
export function splitAtEquals(entry: string): [name: string, value: string] {
  const equals = entry.indexOf('=');
  return equals === -1 ? [entry, ''] : [entry.slice(0, equals), entry.slice(equals + 1)];
}

async function readLines(path: string): Promise<string[]> {
  const content = await readFile(path, 'utf8').catch((error: unknown) => {
    if (systemErrorCode(error) !== 'ENOENT') throw error;
    throw new CliError(`open ${path}: no such file or directory`, { exitCode: 125 });
  });
  const lines = content.replace(/^\uFEFF/, '').split(/\r?\n/);
  return lines
    .map((line) => line.trimStart())
    .filter((line) => {
      if (line === '' || line.startsWith('#')) return false;
      const name = line.split('=', 1)[0] ?? '';
      if (/\s/.test(name.trimEnd()) || name === '') {
        throw new CliError(`invalid env file (${path}): variable '${name}' contains whitespaces`, {
          exitCode: 125,
        });
      }
      return true;
    });
}
