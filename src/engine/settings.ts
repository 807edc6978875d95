import { createHash } from 'node:crypto';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { LamellaError } from '../base/errors.ts';
import { isMachineRoot, namespaceOwner } from '../base/user.ts';
import { chooseRunFolder } from '../rootless/pause-record.ts';

/** Where the store is and how it behaves: from the command line, else the environment, else the defaults. */
export interface Settings {
  /** Holds images and containers. */
  readonly root: string;
  /** Holds what a reboot ends: mounts, sockets. */
  readonly runFolder: string;
  /** `erofs` or `overlay`; undefined lets the machine decide. */
  readonly storageDriver: string | undefined;
  /** How long removed images stay restorable, in milliseconds; undefined takes the collector's own default. */
  readonly undoWindow: number | undefined;
  /** Why an ordinary user's command is not in a user namespace, where it wanted to be. */
  readonly namespaceProblem: Error | undefined;
}

export interface SettingsOptions {
  /** Where images and containers are; `LAMELLA_ROOT`, /var/lib/lamella or `$XDG_DATA_HOME/lamella` by default. */
  readonly root?: string | undefined;
  /** `erofs` or `overlay`; what works best here by default. */
  readonly storageDriver?: string | undefined;
  /** Told to those who want to mount all the same. */
  readonly namespaceProblem?: Error | undefined;
  /** Read in place of this process's environment. */
  readonly env?: NodeJS.ProcessEnv;
}

/** @throws LamellaError invalid `setting-invalid` */
export function readSettings({
  root,
  storageDriver,
  namespaceProblem,
  env = process.env,
}: SettingsOptions = {}): Settings {
  const chosen = storeRoot(root, env);
  return {
    root: chosen,
    // Worked out when asked for: loading Node.js's crypto takes 20 ms, and most commands need no such folder.
    get runFolder() {
      return join(runParent(env), createHash('sha256').update(chosen).digest('hex').slice(0, 12));
    },
    storageDriver: storageDriver ?? nonEmpty(env['LAMELLA_STORAGE_DRIVER']),
    undoWindow: undoWindow(nonEmpty(env['LAMELLA_UNDO_WINDOW'])),
    namespaceProblem,
  };
}

/** Where images and containers are, for the `--root` of a command line. */
export function storeRoot(root: string | undefined, env: NodeJS.ProcessEnv): string {
  return resolve(root ?? nonEmpty(env['LAMELLA_ROOT']) ?? defaultRoot(env));
}

function defaultRoot(env: NodeJS.ProcessEnv): string {
  if (isMachineRoot(env)) return '/var/lib/lamella';
  return join(nonEmpty(env['XDG_DATA_HOME']) ?? join(homedir(), '.local', 'share'), 'lamella');
}

function runParent(env: NodeJS.ProcessEnv): string {
  if (isMachineRoot(env) && process.platform === 'linux') return '/run/lamella';
  return namespaceOwner(env)?.runFolder ?? chooseRunFolder(process.getuid?.() ?? 0, env);
}

function undoWindow(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const seconds = Number(text);
  if (Number.isFinite(seconds) && seconds >= 0) return seconds * 1000;
  throw new LamellaError('invalid', `invalid LAMELLA_UNDO_WINDOW: ${text}`, {
    code: 'setting-invalid',
    hint: 'It is a number of seconds; 0 makes removal final.',
  });
}

function nonEmpty(text: string | undefined): string | undefined {
  return text === '' ? undefined : text;
}
