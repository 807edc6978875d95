import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { join, relative } from 'node:path';
import type { Command } from '../harness/timed.ts';

/** The peers' Debian root as a running place: a mount namespace with a dockerd in it. */
export interface PeerRoot extends AsyncDisposable {
  /** Process ID of the dockerd. */
  readonly dockerd: number;
  command(argv: readonly string[]): Command;
  /** The name inside for a path below the bench's folder. */
  readonly see: (path: string) => string;
}

/** The Debian root that holds docker and podman, or undefined when this machine has none. */
export function findPeers(): string | undefined {
  const folder = join(process.env['PEERS_ROOT'] ?? join(homedir(), '.cache', 'peers'), 'forky');
  return existsSync(join(folder, 'usr', 'bin', 'docker')) ? folder : undefined;
}

/** Throws when dockerd does not come up; its log is then in the bench's folder. */
export async function openPeerRoot(peers: string, work: string): Promise<PeerRoot> {
  const script = join(import.meta.dirname, 'peer-root.sh');
  const holder = spawn('unshare', ['--mount', '--propagation', 'private', 'sh', script, peers, work], {
    stdio: ['pipe', 'pipe', 'inherit'],
    detached: true,
  });
  const ended = new Promise<void>((resolve) => holder.once('exit', () => resolve()));
  const dockerd = await Promise.race([
    new Promise<number>((resolve) => holder.stdout.once('data', (line) => resolve(Number(String(line))))),
    ended.then(() => Number.NaN),
  ]);
  if (!Number.isInteger(dockerd)) throw new Error('the peers did not start');
  return {
    dockerd,
    command: (argv) => ({ argv: ['nsenter', `--mount=/proc/${holder.pid}/ns/mnt`, '--', ...argv] }),
    see: (path) => join('/mnt', relative(work, path)),
    async [Symbol.asyncDispose]() {
      holder.stdin.end();
      await ended;
    },
  };
}
