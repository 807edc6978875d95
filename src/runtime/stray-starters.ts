import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { systemErrorCode } from '../base/errors.ts';
import { isPidAlive } from '../db/process-owner.ts';

/**
 * Ends conmon and the OCI runtime where they still make a container for a command that has died: both would go on, and
 * what they make would stand in the way of the next start. Their `--bundle` argument tells them apart; what they have
 * started themselves goes with them. Waits until the kernel has let go of all that they held.
 *
 * The caller holds the container's lock. A child of the dead command that has not become conmon yet holds that lock
 * too, so all there are can be found.
 */
export async function endStrayStarters(bundle: string): Promise<void> {
  // Looked for again until there is none: one may have had a child just before it was killed.
  for (let unclear = 0; unclear < mostUnclear;) {
    const all = processes();
    const strays = starters(all, bundle);
    for (const pid of strays) kill(pid);
    while (strays.some((pid) => isPidAlive(pid) && !isZombie(pid))) await delay(2);
    if (strays.length > 0) continue;
    if (!all.some((entry) => isExecuting(entry))) return;
    unclear += 1;
    await delay(2);
  }
}

/** Rounds to wait for processes without arguments: some never show any. */
const mostUnclear = 100;

interface Process {
  readonly pid: number;
  readonly parent: number;
  readonly argv: readonly string[];
}

/** In the middle of execve(2), where it has closed its files, locks among them, and has no arguments yet; no thread of the kernel. */
function isExecuting({ pid, parent, argv }: Process): boolean {
  return argv.join('') === '' && pid !== kernelThreads && parent !== kernelThreads;
}

/** The pid of kthreadd, the parent of all others. */
const kernelThreads = 2;

function processes(): Process[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((name) => readProcess(Number(name)))
    .filter((entry) => entry !== undefined);
}

function starters(all: readonly Process[], bundle: string): number[] {
  const found = new Set(
    all.filter(({ argv }) => argv[argv.indexOf('--bundle') + 1] === bundle).map(({ pid }) => pid),
  );
  for (let before = -1; before !== found.size;) {
    before = found.size;
    for (const { pid, parent } of all) if (found.has(parent)) found.add(pid);
  }
  return [...found];
}

/** Undefined for one that is gone, and for one that only waits to be reaped. */
function readProcess(pid: number): Process | undefined {
  try {
    const argv = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
    const [state, parent] = statFields(pid);
    return state === 'Z' ? undefined : { pid, parent: Number(parent), argv };
  } catch {
    return undefined;
  }
}

function isZombie(pid: number): boolean {
  try {
    return statFields(pid)[0] === 'Z';
  } catch {
    return true;
  }
}

/** Those of /proc/PID/stat from the state on (proc_pid_stat(5)). */
function statFields(pid: number): string[] {
  const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ');
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch (error) {
    if (systemErrorCode(error) !== 'ESRCH') throw error;
  }
}
