import { closeSync, openSync } from 'node:fs';
import { systemCall } from './libc.ts';

const syncfsCall = systemCall('int syncfs(int fd)');

/** Makes all that was written to the file system of `path` durable: for trees of many files, where one sync for each would take long. */
export function syncFileSystem(path: string): void {
  const fd = openSync(path, 'r');
  try {
    syncfsCall(`syncfs ${path}`, fd);
  } finally {
    closeSync(fd);
  }
}
