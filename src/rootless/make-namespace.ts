import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, readlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { LamellaError, messageOf } from '../base/errors.ts';
import { writeFileAtomically } from '../base/files.ts';
import { lockFile } from '../linux/flock.ts';
import { idMap, readIdRanges } from './id-ranges.ts';
import {
  formatRecord,
  makeRunFolder,
  readLivingPause,
  recordPath,
  startTimeOf,
  type PauseRecord,
  type User,
} from './pause-record.ts';
import { mapRefused, namespaceRefused } from './problem.ts';

const usualFolders = ['/usr/bin', '/bin', '/usr/sbin', '/sbin', '/usr/local/bin'];

/** Keeps a namespace in being and does nothing else; named like that so that people see what it is for. */
const pauseCommand = ['sleep', 'infinity'] as const;

/**
 * A user namespace, with a mount namespace in it, that lives on when this command ends: that of an earlier command where
 * there is one, also where only its containers have survived; a new one otherwise.
 *
 * @throws LamellaError forbidden or unavailable `user-namespace-impossible`, with what to do about it
 */
export async function ensureNamespace(user: User, runFolder: string): Promise<PauseRecord> {
  makeRunFolder(runFolder, user.uid);
  await using _lock = await lockFile(join(runFolder, 'pause.lock'));
  const living = readLivingPause(runFolder);
  if (living !== undefined) return living;
  const pause = (await renewed(runFolder)) ?? (await makeNamespace(user));
  const record = { pid: pause, startTime: startTimeOf(pause) ?? '' };
  await writeFileAtomically(recordPath(runFolder), formatRecord(record, user), { mode: 0o600 });
  return record;
}

/** @returns the pid of the process that keeps it */
async function makeNamespace(user: User): Promise<number> {
  const uids = readIdRanges('/etc/subuid', user);
  const gids = readIdRanges('/etc/subgid', user);
  const gid = process.getgid?.() ?? user.uid;
  const newuidmap = programPath('newuidmap');
  const newgidmap = programPath('newgidmap');
  const child = start('unshare', ['--user', '--mount', '--propagation', 'slave', ...pauseCommand]);
  try {
    await untilPaused(child);
    const pid = child.process.pid as number;
    if (newuidmap === undefined || newgidmap === undefined || uids.length === 0 || gids.length === 0) {
      mapOneId(pid, user.uid, gid);
    } else {
      map(newuidmap, pid, idMap(user.uid, uids));
      map(newgidmap, pid, idMap(gid, gids));
    }
    child.leave();
    return pid;
  } catch (error) {
    child.process.kill('SIGKILL');
    throw error;
  }
}

/** A new process for a namespace that only containers keep in being. */
async function renewed(runFolder: string): Promise<number | undefined> {
  for (const pid of conmons(runFolder)) {
    const child = start('nsenter', [...nsenterArguments(pid), ...pauseCommand]);
    try {
      await untilPaused(child);
      child.leave();
      return child.process.pid;
    } catch {
      child.process.kill('SIGKILL');
    }
  }
  return undefined;
}

export function nsenterArguments(pid: number): string[] {
  return ['--preserve-credentials', '-U', '-m', '-t', String(pid), '--'];
}

/** Processes that hold containers' streams, by what containers' folders name: `<run folder>/<store>/containers/<id>`. */
function conmons(runFolder: string): number[] {
  const own = namespaceOf('self');
  return namesIn(runFolder).flatMap((store) =>
    namesIn(join(runFolder, store, 'containers')).flatMap((id) => {
      const pid = Number(readText(join(runFolder, store, 'containers', id, 'conmon.pid')));
      const namespace = Number.isSafeInteger(pid) && pid > 0 ? namespaceOf(pid) : undefined;
      return namespace === undefined || namespace === own || nameOf(pid) !== 'conmon' ? [] : [pid];
    }),
  );
}

interface Starting {
  readonly process: ChildProcess;
  readonly printed: () => string;
  /** Lets it live on without us. */
  readonly leave: () => void;
}

function start(program: string, args: readonly string[]): Starting {
  const child = spawn(programPath(program) ?? program, args, {
    detached: true,
    cwd: '/',
    env: { PATH: usualFolders.join(':') },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let printed = '';
  child.stderr?.on('data', (piece: Buffer) => (printed += piece.toString('utf8')));
  child.on('error', (error) => (printed += error.message));
  return {
    process: child,
    printed: () => printed.trim(),
    leave() {
      child.stderr?.destroy();
      child.unref();
    },
  };
}

/** Until it has its namespaces and has become the program that waits in them. */
async function untilPaused({ process: child, printed }: Starting): Promise<void> {
  const own = namespaceOf('self');
  for (let waited = 0; ; waited += 1) {
    if (child.pid !== undefined && child.exitCode === null && child.signalCode === null) {
      const namespace = namespaceOf(child.pid);
      if (nameOf(child.pid) === pauseCommand[0] && namespace !== undefined && namespace !== own) return;
    } else if (waited > 0) {
      await delay(10);
      throw namespaceRefused(printed());
    }
    if (waited > 5000) {
      throw new LamellaError('unavailable', 'making a user namespace took too long', {
        code: 'user-namespace-impossible',
      });
    }
    await delay(1);
  }
}

function map(program: string, pid: number, lines: readonly string[]): void {
  const { status, stderr, error } = spawnSync(program, [String(pid), ...lines], { encoding: 'utf8' });
  if (status !== 0) throw mapRefused((stderr || error?.message || `status ${status}`).trim());
}

/** All that anybody may do without help (user_namespaces(7)): the user alone becomes root, and there is nobody else. */
function mapOneId(pid: number, uid: number, gid: number): void {
  try {
    writeFileSync(`/proc/${pid}/setgroups`, 'deny');
    writeFileSync(`/proc/${pid}/uid_map`, `0 ${uid} 1`);
    writeFileSync(`/proc/${pid}/gid_map`, `0 ${gid} 1`);
  } catch (error) {
    throw mapRefused(messageOf(error));
  }
}

/** In the usual folders only: these programs are given rights, and PATH is anybody's. */
export function programPath(name: string): string | undefined {
  return usualFolders.map((folder) => join(folder, name)).find((path) => existsSync(path));
}

function namespaceOf(pid: number | 'self'): string | undefined {
  try {
    return readlinkSync(`/proc/${pid}/ns/user`);
  } catch {
    return undefined;
  }
}

function nameOf(pid: number): string | undefined {
  return readText(`/proc/${pid}/comm`)?.trim();
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

function readText(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}
