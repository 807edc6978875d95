import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmdirSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';

/** Tools of others that judge our output, in a system of their own that shares /tmp with this one. */
export interface Peers {
  /** Runs a command there; fails the test when it fails. Gives what it printed, both streams. */
  run(command: string, ...arguments_: readonly string[]): string;
  /** The real Docker's command line, talking to the peers' daemon; undefined where either is not there. */
  readonly docker: ((...arguments_: readonly string[]) => string) | undefined;
}

/** @returns undefined where they are not installed, or not started: the test then says so and skips */
export function findPeers(): Peers | undefined {
  const root = process.env['PEERS_ROOT'] ?? join(homedir(), '.cache/peers');
  const run = join(root, 'run');
  if (!existsSync(run) || !isStarted(run)) return undefined;
  const socket = join(root, 'forky/run/peer-docker.sock');
  const host = { DOCKER_HOST: `unix://${socket}` };
  const docker = (...arguments_: readonly string[]): string => execute('docker', arguments_, host);
  const hasDocker =
    existsSync(socket) &&
    spawnSync('docker', ['version'], { env: { ...process.env, ...host }, stdio: 'ignore' }).status === 0;
  return {
    run: (command, ...arguments_) =>
      execute(run, [command, ...arguments_], { PODMAN_IGNORE_CGROUPSV1_WARNING: '1' }),
    docker: hasDocker ? docker : undefined,
  };
}

/** Their system has its own /proc and our /tmp only while it is started. */
function isStarted(run: string): boolean {
  const folder = mkdtempSync(join(tmpdir(), 'peers-'));
  try {
    return spawnSync(run, ['test', '-d', folder, '-a', '-e', '/proc/self'], { stdio: 'ignore' }).status === 0;
  } finally {
    rmdirSync(folder);
  }
}

function execute(
  command: string,
  arguments_: readonly string[],
  environment: Readonly<Record<string, string>>,
): string {
  const { status, stdout, stderr, error } = spawnSync(command, arguments_, {
    env: { ...process.env, ...environment },
    encoding: 'utf8',
    maxBuffer: 64 << 20,
  });
  if (error) throw error;
  if (status !== 0)
    throw new Error(`${command} ${arguments_.join(' ')} ended with ${status}: ${stderr}${stdout}`);
  return stdout + stderr;
}
