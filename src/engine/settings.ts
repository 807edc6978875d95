import { createHash } from 'node:crypto';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { LamellaError } from '../base/errors.ts';

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
}

export interface SettingsOptions {
  /** Where images and containers are; `LAMELLA_ROOT`, /var/lib/lamella or `$XDG_DATA_HOME/lamella` by default. */
  readonly root?: string | undefined;
  /** `erofs` or `overlay`; what works best here by default. */
  readonly storageDriver?: string | undefined;
  /** Read in place of this process's environment. */
  readonly env?: NodeJS.ProcessEnv;
}

/** @throws LamellaError invalid `setting-invalid` */
export function readSettings({ root, storageDriver, env = process.env }: SettingsOptions = {}): Settings {
  const chosen = resolve(root ?? nonEmpty(env['LAMELLA_ROOT']) ?? defaultRoot(env));
  return {
    root: chosen,
    // Worked out when asked for: loading Node.js's crypto takes 20 ms, and most commands need no such folder.
    get runFolder() {
      return join(runParent(env), createHash('sha256').update(chosen).digest('hex').slice(0, 12));
    },
    storageDriver: storageDriver ?? nonEmpty(env['LAMELLA_STORAGE_DRIVER']),
    undoWindow: undoWindow(nonEmpty(env['LAMELLA_UNDO_WINDOW'])),
  };
}

function defaultRoot(env: NodeJS.ProcessEnv): string {
  if (process.getuid?.() === 0) return '/var/lib/lamella';
  return join(nonEmpty(env['XDG_DATA_HOME']) ?? join(homedir(), '.local', 'share'), 'lamella');
}

function runParent(env: NodeJS.ProcessEnv): string {
  if (process.getuid?.() === 0 && process.platform === 'linux') return '/run/lamella';
  return join(nonEmpty(env['XDG_RUNTIME_DIR']) ?? `/tmp/lamella-${process.getuid?.() ?? 0}`, 'lamella');
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
