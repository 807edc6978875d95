import { spawnSync } from 'node:child_process';
import { join } from 'node:path';

export interface Command {
  readonly argv: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

export interface Cost {
  /** Wall clock, from the start of the process to its end. */
  readonly seconds: number;
  /** User and system time of the process and of what it waited for; a daemon's share is not in it. */
  readonly cpu: number;
  /** Largest resident set of any one process of the command, in bytes. */
  readonly peak: number;
  readonly stdout: string;
}

const wrapper = join(import.meta.dirname, 'timed.py');
const outputLimit = 256 * 1024 * 1024;

/** Runs a command to its end and says what that cost. Throws with the command's own words when it fails. */
export function timed(command: Command): Cost {
  const child = spawnSync('python3', [wrapper, ...command.argv], {
    env: { ...process.env, ...command.env },
    stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
    encoding: 'utf8',
    maxBuffer: outputLimit,
  });
  const report = child.output?.[3];
  if (child.error) throw child.error;
  const cost = report ? (JSON.parse(report) as Omit<Cost, 'stdout'> & { exit: number }) : undefined;
  if (cost?.exit !== 0) {
    throw new Error(
      `${command.argv.join(' ')}: ${cost ? `exit ${cost.exit}` : 'did not end'}\n${child.stderr}`,
    );
  }
  return { seconds: cost.seconds, cpu: cost.cpu, peak: cost.peak, stdout: child.stdout };
}

/** Whether a command succeeds; what it says and how long it takes does not matter. */
export function succeeds(command: Command): boolean {
  const [file = '', ...rest] = command.argv;
  return spawnSync(file, rest, { env: { ...process.env, ...command.env }, stdio: 'ignore' }).status === 0;
}
