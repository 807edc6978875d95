import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { timed, type Command } from '../harness/timed.ts';
import type { Engine } from './engine.ts';
import type { PeerRoot } from './peer-root.ts';

/** Podman with its overlay driver on the kernel's overlayfs; temporary files on the same disk as everything else. */
export function createPodman(root: PeerRoot, work: string): Engine {
  const data = join(work, 'podman');
  const temporary = join(work, 'podman-tmp');
  for (const folder of [data, temporary]) mkdirSync(folder, { recursive: true });
  const flags = ['--root', root.see(data), '--runroot', '/run/podman', '--storage-driver', 'overlay'];
  const runtime = ['--runtime', 'runc', '--cgroup-manager', 'cgroupfs'];
  const command = (...words: string[]): Command => ({
    ...root.command(['podman', ...flags, ...runtime, ...words]),
    env: { TMPDIR: root.see(temporary), PODMAN_IGNORE_CGROUPSV1_WARNING: '1' },
  });
  return {
    name: 'podman',
    version: timed(command('--version')).stdout.trim(),
    data,
    command,
    runFlags: [],
    plainHttpFlags: ['--tls-verify=false'],
    see: root.see,
  };
}
