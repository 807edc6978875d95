import { join } from 'node:path';
import type { Settings } from './settings.ts';

/** The first argument with which this program is started to record the end of a container; for conmon, not for people. */
export const exitVerb = 'container-exit';

/** Program and arguments that do so: conmon runs them once the container has ended. */
export function exitCommand({ root, storageDriver }: Settings, id: string): string[] {
  const program = process.argv[1] ?? join(import.meta.dirname, '..', 'main.ts');
  const node = [process.execPath, '--disable-warning=ExperimentalWarning'];
  return [...node, program, exitVerb, root, storageDriver ?? '', id];
}
