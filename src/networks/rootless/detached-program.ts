import { spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { LamellaError } from '../../base/errors.ts';

export interface Started {
  /** Whether it has ended, or never began. */
  readonly hasEnded: () => boolean;
  readonly kill: () => void;
  readonly pid: number;
  /** What it has printed. */
  readonly printed: () => string;
}

/** Starts a program that goes on without this process, what it prints in a file. */
export function startDetached(program: string, args: readonly string[], log: string): Started {
  const fd = openSync(log, 'w', 0o600);
  try {
    const child = spawn(program, args, { detached: true, cwd: '/', stdio: ['ignore', fd, fd] });
    child.unref();
    child.on('error', () => {});
    return {
      hasEnded: () => child.pid === undefined || child.exitCode !== null || child.signalCode !== null,
      kill: () => void child.kill('SIGKILL'),
      pid: child.pid ?? 0,
      printed: () =>
        readFileSync(log, 'utf8')
          .trim()
          .split('\n')
          .filter((line) => !line.includes('syslog'))
          .join('\n'),
    };
  } finally {
    closeSync(fd);
  }
}

/** @throws LamellaError unavailable `network-program-failed` where it ends, or takes ten seconds */
export async function untilReady(
  name: string,
  { hasEnded, kill, printed }: Started,
  isReady: () => boolean,
): Promise<void> {
  for (let waited = 0; waited < 10_000; waited += 2) {
    if (isReady()) return;
    if (hasEnded()) break;
    await delay(2);
  }
  kill();
  const words = printed();
  throw new LamellaError(
    'unavailable',
    `${name} could not connect the container: ${words || 'it gave no reason'}`,
    {
      code: 'network-program-failed',
      hint: /tun/.test(words)
        ? 'Ordinary users need access to /dev/net/tun (mode 0666 on most systems); or use --network none.'
        : 'Use --network none to run without a network.',
    },
  );
}
