import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { spawnSync } from 'node:child_process';
import { timed, type Command } from '../harness/timed.ts';
import type { Engine } from './engine.ts';

const program = join(import.meta.dirname, '..', '..', 'bin', 'lamella');

/** This repository's own command. A removal collects at once, as Docker's and Podman's do, instead of allowing `undo`. */
export function createLamella(work: string): Engine {
  const data = join(work, 'lamella');
  mkdirSync(data, { recursive: true });
  const env = { LAMELLA_ROOT: data, LAMELLA_UNDO_WINDOW: '0' };
  const command = (...words: string[]): Command => ({ argv: [program, ...words], env });
  return {
    name: 'lamella',
    version: timed(command('--version')).stdout.trim(),
    data,
    command,
    runFlags: [],
    plainHttpFlags: [],
    see: (path) => path,
  };
}

/** Undoes what a failed run may have left mounted below a folder, deepest first. */
export function unmountBelow(folder: string): void {
  if (!existsSync('/proc/self/mounts')) return;
  const points = readFileSync('/proc/self/mounts', 'utf8')
    .split('\n')
    .map((line) => line.split(' ')[1] ?? '')
    .filter((point) => point.startsWith(`${folder}/`));
  for (const point of points.reverse()) spawnSync('umount', ['--lazy', point], { stdio: 'ignore' });
}
