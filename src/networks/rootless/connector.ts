import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { LamellaError } from '../../base/errors.ts';
import { findProgram } from '../../base/find-program.ts';
import { connectPasta } from './pasta.ts';
import { connectSlirp } from './slirp4netns.ts';

/** A port of the machine that leads to one of the container. */
export interface ForwardedPort {
  readonly protocol: 'tcp' | 'udp' | 'sctp';
  /** '' is every address. */
  readonly hostIp: string;
  readonly hostPort: number;
  readonly containerPort: number;
}

export interface ConnectOptions {
  readonly program: string;
  /** File of the network namespace to connect. */
  readonly namespace: string;
  /** The container's in it, `10.0.<n>.100` for any n. */
  readonly address: string;
  readonly ports: readonly ForwardedPort[];
  /** Beginning of the paths of files that the program is to use. */
  readonly files: string;
}

/** A program that moves packets between a network namespace and the machine's sockets: it needs no rights at all. */
export interface Connector {
  readonly name: 'pasta' | 'slirp4netns';
  readonly program: string;
  /** Starts it; it goes on without this process. @returns its pid, once packets get through */
  connect(options: ConnectOptions): Promise<number>;
}

/**
 * The first address that nobody else has, though nobody else is reached by it: each container is alone in a subnet
 * 10.x.y.0/24, as slirp4netns makes it, its address ending in 100 and its gateway's in 2.
 */
export function freeAddress(taken: ReadonlySet<string>): string {
  for (let subnet = 2; ; subnet += 1) {
    const address = `10.${subnet >> 8}.${subnet & 255}.100`;
    if (!taken.has(address)) return address;
  }
}

export function gatewayOf(address: string): string {
  return address.replace(/\d+$/, '2');
}

/** pasta where it is installed, since it is faster; undefined where there is neither. */
export function findConnector(env: NodeJS.ProcessEnv = process.env): Connector | undefined {
  const of = (name: Connector['name'], connect: Connector['connect']): Connector | undefined => {
    const program = findProgram([name], { env });
    return program === undefined ? undefined : { name, program, connect };
  };
  return of('pasta', connectPasta) ?? of('slirp4netns', connectSlirp);
}

export interface Started {
  readonly child: ChildProcess;
  readonly pid: number;
  /** What it has printed. */
  printed(): string;
}

/** Starts a program that goes on without this process, what it prints in a file. */
export function startDetached(program: string, args: readonly string[], log: string): Started {
  const fd = openSync(log, 'w', 0o600);
  try {
    const child = spawn(program, args, { detached: true, cwd: '/', stdio: ['ignore', fd, fd] });
    child.unref();
    child.on('error', () => {});
    return {
      child,
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
  { child, printed }: Started,
  isReady: () => boolean,
): Promise<void> {
  for (let waited = 0; waited < 10_000; waited += 2) {
    if (isReady()) return;
    if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) break;
    await delay(2);
  }
  child.kill('SIGKILL');
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
