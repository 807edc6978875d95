import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { timed, type Command } from '../harness/timed.ts';
import type { Engine } from './engine.ts';
import type { PeerRoot } from './peer-root.ts';

/** Docker Engine with the overlay2 driver, its daemon started by the bench for itself alone. */
export function createDocker(root: PeerRoot, work: string): Engine {
  const command = (...words: string[]): Command =>
    root.command(['docker', '--host', 'unix:///run/docker.sock', ...words]);
  const status = `/proc/${root.dockerd}/status`;
  return {
    name: 'docker',
    version: timed(command('--version')).stdout.trim(),
    data: join(work, 'docker'),
    command,
    runFlags: [],
    plainHttpFlags: [],
    see: root.see,
    daemon: {
      resetPeak: () => writeFileSync(`/proc/${root.dockerd}/clear_refs`, '5'),
      peak: () => Number(/VmHWM:\s+(\d+) kB/.exec(readFileSync(status, 'utf8'))?.[1] ?? 0) * 1024,
    },
  };
}
