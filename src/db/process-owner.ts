import { readFileSync, readlinkSync } from 'node:fs';
import { systemErrorCode } from '../base/errors.ts';

/**
 * Names a process for ever: `boot id/pid namespace/pid/start time`. A pid alone is given to another process one day; a
 * pid with the moment it started, counted in clock ticks since that boot, is not. No part comes from the wall clock, so
 * a clock that jumps changes nothing.
 *
 * Where there is no /proc (macOS) all but the pid stay empty.
 */
export type ProcessOwner = string & { readonly __processOwner: unique symbol };

/** This process. */
export function currentOwner(): ProcessOwner {
  return ownerOf(process.pid);
}

/** Another process; without a start time, and so dead already, where there is none with that pid. */
export function ownerOf(pid: number): ProcessOwner {
  return [bootId(), pidNamespace(), pid, startTime(pid) ?? ''].join('/') as ProcessOwner;
}

/**
 * Whether the kernel still knows that process. Anything that is not an owner's name counts as dead. One in another pid
 * namespace of the same boot cannot be seen from here and counts as living: to keep garbage is safe, to take what is in
 * use is not.
 */
export function isOwnerAlive(owner: string): boolean {
  const [boot, namespace, pidText, start, ...rest] = owner.split('/');
  const pid = Number(pidText);
  if (start === undefined || rest.length > 0 || !Number.isSafeInteger(pid) || pid <= 0) return false;
  if (boot !== bootId()) return false;
  if (namespace !== pidNamespace()) return true;
  return start === '' ? isPidAlive(pid) : startTime(pid) === start;
}

function bootId(): string {
  return readProc('/proc/sys/kernel/random/boot_id')?.trim() ?? '';
}

function pidNamespace(): string {
  try {
    return /\d+/.exec(readlinkSync('/proc/self/ns/pid'))?.[0] ?? '';
  } catch {
    return '';
  }
}

/** Field 22 of /proc/PID/stat (proc_pid_stat(5)); undefined for one that is gone or only waits to be reaped. */
function startTime(pid: number): string | undefined {
  const stat = readProc(`/proc/${pid}/stat`);
  if (stat === undefined) return undefined;
  // The command's name, in parentheses, may hold spaces and parentheses of its own.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const [state] = fields;
  return state === 'Z' || state === 'X' ? undefined : fields[19];
}

function readProc(path: string): string | undefined {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return undefined;
  }
}

/**
 * Whether there is a process of that number now, be it ours to signal or not. It may be another one than was meant: ask
 * {@link isOwnerAlive} where an owner's name is at hand.
 */
export function isPidAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return systemErrorCode(error) === 'EPERM';
  }
}
