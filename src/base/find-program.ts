import { accessSync, constants, statSync } from 'node:fs';
import { delimiter, join } from 'node:path';

/** Where administrators' programs are, which the PATH of an ordinary user or a service may lack. */
const moreFolders = ['/usr/local/sbin', '/usr/local/bin', '/usr/sbin', '/usr/bin', '/sbin', '/bin'];

/** The first program of the given names in PATH and the usual folders. */
export function findProgram(
  names: readonly string[],
  { env = process.env, folders = [] }: { env?: NodeJS.ProcessEnv; folders?: readonly string[] } = {},
): string | undefined {
  const path = (env['PATH'] ?? '').split(delimiter).filter((folder) => folder.startsWith('/'));
  for (const name of names) {
    for (const folder of new Set([...path, ...moreFolders, ...folders])) {
      if (isProgram(join(folder, name))) return join(folder, name);
    }
  }
  return undefined;
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}
