import { spawnSync } from 'node:child_process';
import { settle } from './caches.ts';

/** Bytes of disk blocks that a folder and everything in it occupies, each hard-linked file once. */
export function diskUsed(folder: string): number {
  settle();
  const du = spawnSync('du', ['--summarize', '--one-file-system', '--block-size=1', folder], {
    encoding: 'utf8',
  });
  return Number.parseInt(du.stdout, 10) || 0;
}
