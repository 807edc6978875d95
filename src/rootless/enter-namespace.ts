import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { namespaceVariable, userName } from '../base/user.ts';
import { chooseRunFolder, readLivingPause, type PauseRecord } from './pause-record.ts';
import { folderVariable } from './return-to-folder.ts';

export interface EnterOptions {
  /** The command's words, as far as they name it: `container`, `run`. */
  readonly word: string | undefined;
  /** The store's root. */
  readonly root: string;
}

/**
 * Has an ordinary user's command go on inside their user namespace, where it is root as far as their own IDs go: this
 * process becomes another one, with the same pid, and starts from its beginning. Returns where nothing needs to be done:
 * for the machine's root, inside of the namespace, and for commands that get by without.
 *
 * @returns why there is no namespace, for commands that want one and can do part of their work without
 */
export async function enterNamespace({ word, root }: EnterOptions): Promise<Error | undefined> {
  const uid = process.getuid?.() ?? 0;
  if (process.platform !== 'linux' || uid === 0) return undefined;
  const runFolder = chooseRunFolder(uid, process.env);
  const user = { uid, name: userName() };
  let pause: PauseRecord | undefined = readLivingPause(runFolder);
  if (pause === undefined) {
    if (!needsNamespace(word, root)) return undefined;
    const { ensureNamespace } = await import('./make-namespace.ts');
    try {
      pause = await ensureNamespace(user, runFolder);
    } catch (error) {
      return error as Error;
    }
  }
  const { nsenterArguments, programPath } = await import('./make-namespace.ts');
  process.execve?.(
    programPath('nsenter') ?? '/usr/bin/nsenter',
    [
      'nsenter',
      ...nsenterArguments(pause.pid),
      process.execPath,
      ...process.execArgv,
      ...process.argv.slice(1),
    ],
    {
      ...process.env,
      HOME: homedir(),
      [namespaceVariable]: `${uid}:${user.name}:${runFolder}`,
      [folderVariable]: process.cwd(),
    },
  );
  return undefined;
}

/** Commands that run something, or work on what a container has written. */
const containerWords = new Set(
  (
    'attach build commit container cp create diff events exec export info kill logs network pause port ps rename ' +
    'restart rm run serve start stats stop system top unpause update volume wait'
  ).split(' '),
);
/** Commands that never look at containers or layers. */
const otherWords = new Set([
  '__complete',
  'completion',
  'help',
  'login',
  'logout',
  'mirror',
  'search',
  'version',
]);

/** Others work on images, whose unpacked layers have many owners once something has run. */
function needsNamespace(word: string | undefined, root: string): boolean {
  if (word === undefined || otherWords.has(word)) return false;
  return containerWords.has(word) || existsSync(join(root, 'containers'));
}
