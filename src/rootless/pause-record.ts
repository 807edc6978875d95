import { lstatSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { LamellaError, systemErrorCode } from '../base/errors.ts';

/**
 * The process that keeps a user's namespace in being, as its record `<run folder>/pause` names it. The record is one
 * line, `<pid> <start time> <uid> <name>`; `bin/lamella` reads it too.
 */
export interface PauseRecord {
  readonly pid: number;
  /** Field 22 of /proc/PID/stat: tells the process from a later one with the same pid. */
  readonly startTime: string;
}

export interface User {
  readonly uid: number;
  readonly name: string;
}

export function recordPath(runFolder: string): string {
  return join(runFolder, 'pause');
}

export function formatRecord({ pid, startTime }: PauseRecord, { uid, name }: User): string {
  return `${pid} ${startTime} ${uid} ${name}\n`;
}

/** The process that a record names, if it lives. */
export function readLivingPause(runFolder: string): PauseRecord | undefined {
  const text = readText(recordPath(runFolder));
  const [pid = '', startTime = ''] = text?.split(' ') ?? [];
  if (!/^[1-9][0-9]*$/.test(pid) || startTime === '' || startTimeOf(pid) !== startTime) return undefined;
  return { pid: Number(pid), startTime };
}

/** Undefined for a process that is gone. */
export function startTimeOf(pid: number | string): string | undefined {
  const stat = readText(`/proc/${pid}/stat`);
  const fields = stat?.slice(stat.lastIndexOf(')') + 2).split(' ');
  return fields === undefined || fields[0] === 'Z' || fields[0] === 'X' ? undefined : fields[19];
}

/**
 * Folders for what a reboot ends, the best one first. $XDG_RUNTIME_DIR is missing after su and in cron jobs, though the
 * folder it would name is there as long as the user is logged in somewhere.
 */
function runFolders(uid: number, env: NodeJS.ProcessEnv): string[] {
  const asked = env['XDG_RUNTIME_DIR'];
  const candidates = [...(asked ? [asked] : []), `/run/user/${uid}`, `/tmp/lamella-${uid}`];
  return [...new Set(candidates)].map((folder) => join(folder, 'lamella'));
}

/**
 * Where a user's commands keep what a reboot ends: wherever a namespace lives already, else in the first of their
 * folders that there is.
 */
export function chooseRunFolder(uid: number, env: NodeJS.ProcessEnv): string {
  const folders = runFolders(uid, env);
  const living = folders.find((folder) => isOwn(folder, uid) && readLivingPause(folder) !== undefined);
  return living ?? folders.find((folder) => isOwn(join(folder, '..'), uid)) ?? (folders.at(-1) as string);
}

/**
 * Makes the folder, for its owner alone. One in /tmp might have been made by somebody else, who could lead us anywhere.
 *
 * @throws LamellaError forbidden `run-folder-not-ours`
 */
export function makeRunFolder(folder: string, uid: number): void {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  for (const path of [join(folder, '..'), folder]) {
    const { uid: owner, mode } = lstatSync(path);
    if (owner === uid && (mode & 0o22) === 0) continue;
    throw new LamellaError('forbidden', `${path} belongs to somebody else, or others may write to it`, {
      code: 'run-folder-not-ours',
      hint: 'Set XDG_RUNTIME_DIR to a folder of your own that only you may enter.',
    });
  }
}

function isOwn(folder: string, uid: number): boolean {
  try {
    const status = lstatSync(folder);
    return status.isDirectory() && status.uid === uid;
  } catch {
    return false;
  }
}

function readText(path: string): string | undefined {
  try {
    return readFileSync(path, 'latin1');
  } catch (error) {
    if (systemErrorCode(error) === undefined) throw error;
    return undefined;
  }
}
