import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';

/** Writes out everything that is still only in memory, so that no measurement pays for the one before. Seconds. */
export function settle(): number {
  const start = performance.now();
  spawnSync('sync');
  return (performance.now() - start) / 1000;
}

/** Forgets every clean page, directory entry and inode, so that the next reader meets the disk. Needs root. */
export function dropCaches(): void {
  settle();
  writeFileSync('/proc/sys/vm/drop_caches', '3');
}
