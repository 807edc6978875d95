import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { systemErrorCode } from '../base/errors.ts';

/**
 * Ends conmon and the OCI runtime where they still make a container for a command that has died: both would go on, and
 * what they make would stand in the way of the next start. Their `--bundle` argument tells them apart.
 *
 * The caller holds the container's lock. A child of the dead command that has not become conmon yet holds that lock
 * too, so all there are can be found.
 */
export async function endStrayStarters(bundle: string): Promise<void> {
  // Looked for again until there is none: one may have had a child just before it was killed.
  for (;;) {
    const strays = processesWith(bundle);
    if (strays.length === 0) return;
    for (const pid of strays) kill(pid);
    await delay(5);
  }
}

function processesWith(bundle: string): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => {
      const argv = argumentsOf(pid);
      return argv[argv.indexOf('--bundle') + 1] === bundle;
    });
}

/** Empty for one that is gone, and for one that only waits to be reaped. */
function argumentsOf(pid: number): string[] {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
  } catch {
    return [];
  }
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch (error) {
    if (systemErrorCode(error) !== 'ESRCH') throw error;
  }
}
