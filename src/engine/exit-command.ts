import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Settings } from './settings.ts';

/** The first argument with which the command is started to record the end of a container; for conmon, not for people. */
export const exitVerb = 'container-exit';

/**
 * Program and arguments that do so: conmon runs them once the container has ended. That is our own command also where
 * the engine is a library in somebody else's program.
 */
export function exitCommand({ root, storageDriver }: Settings, id: string): string[] {
  return [lamellaCommand(), exitVerb, root, storageDriver ?? '', id];
}

/** The first argument with which the command is started to check the health of containers. */
export const keeperVerb = 'health-keeper';

/** Program and arguments that do so. */
export function keeperCommand({ root, storageDriver }: Settings): string[] {
  return [lamellaCommand(), keeperVerb, root, storageDriver ?? ''];
}

/** The command of this package, by its path. */
export function lamellaCommand(): string {
  return commandPath(import.meta.dirname);
}

/** `bin/lamella` of the package that this file, bundled or not, is a part of. */
function commandPath(from: string): string {
  const path = join(from, 'bin', 'lamella');
  if (existsSync(path)) return path;
  const parent = dirname(from);
  if (parent === from) throw new Error('the package of this program has no bin/lamella');
  return commandPath(parent);
}
