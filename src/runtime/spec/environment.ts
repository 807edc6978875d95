import { LamellaError } from '../../base/errors.ts';

export const defaultPath = 'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/** The variables asked for, then those of the image that were not asked for: what `inspect` shows as Config.Env. */
export function mergeEnvironment(asked: readonly string[], image: readonly string[]): string[] {
  for (const variable of asked) {
    if (variable === '' || variable.startsWith('=')) {
      throw new LamellaError('invalid', `invalid environment variable: ${variable}`, { code: 'env-invalid' });
    }
  }
  const names = new Set(asked.map(nameOf));
  return [...asked, ...image.filter((variable) => !names.has(nameOf(variable)))];
}

/**
 * What the process finds: PATH, HOSTNAME and with a terminal TERM, each replaced in its place by a variable of the
 * container's own; of several with one name the last counts, and a name without `=` takes the variable away. HOME is the
 * runtime's to add, from the container's /etc/passwd.
 */
export function processEnvironment(
  configured: readonly string[],
  { hostname, terminal }: { hostname: string; terminal: boolean },
): string[] {
  const defaults = [defaultPath, `HOSTNAME=${hostname}`, ...(terminal ? ['TERM=xterm'] : [])];
  return overlayEnvironment(defaults, configured);
}

/** `base` with `changes` applied, in the order in which names first appear. */
export function overlayEnvironment(base: readonly string[], changes: readonly string[]): string[] {
  const variables = new Map<string, string>(base.map((variable) => [nameOf(variable), variable]));
  for (const variable of changes) {
    if (variable.includes('=')) variables.set(nameOf(variable), variable);
    else variables.delete(variable);
  }
  return [...variables.values()];
}

function nameOf(variable: string): string {
  const equals = variable.indexOf('=');
  return equals === -1 ? variable : variable.slice(0, equals);
}
