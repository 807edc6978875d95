import { readFileSync, readlinkSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { LamellaError, systemErrorCode } from '../base/errors.ts';
import { containerPids } from './cgroups/container-pids.ts';

/**
 * Stops all processes of a container that has no control groups of its own, and so no freezer: with SIGSTOP, until none
 * is found that runs. They can see that they were stopped only by the clock and, those that wait for children with
 * WUNTRACED, by what waitpid(2) says.
 *
 * @param pid of the container's first process
 * @throws LamellaError unsupported `pause-needs-cgroups` for a container with the machine's processes
 */
export async function stopBySignals(pid: number): Promise<void> {
  refuseSharedPids(pid);
  for (let calm = 0; calm < 2;) {
    const running = containerPids(pid, undefined).filter(isRunning);
    for (const each of running) send(each, 'SIGSTOP');
    calm = running.length === 0 ? calm + 1 : 0;
    if (running.length > 0) await delay(1);
  }
}

/** Lets all of them go on. */
export function continueBySignals(pid: number): void {
  refuseSharedPids(pid);
  // The first one last: it may be about to wait for the others.
  for (const each of containerPids(pid, undefined).toReversed()) send(each, 'SIGCONT');
}

function refuseSharedPids(pid: number): void {
  if (namespaceOf(pid) !== namespaceOf(process.pid)) return;
  throw new LamellaError('unsupported', 'cannot pause a container with --pid host without control groups', {
    code: 'pause-needs-cgroups',
  });
}

function isRunning(pid: number): boolean {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    return !['T', 't', 'Z', 'X'].includes(stat.slice(stat.lastIndexOf(')') + 2, stat.lastIndexOf(')') + 3));
  } catch {
    return false;
  }
}

function send(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if (systemErrorCode(error) !== 'ESRCH') throw error;
  }
}

function namespaceOf(pid: number): string | undefined {
  try {
    return readlinkSync(`/proc/${pid}/ns/pid`);
  } catch {
    return undefined;
  }
}
