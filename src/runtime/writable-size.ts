import { lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';

/** Bytes of the files that a container has written, each hard-linked file once: Docker's SizeRw. */
export async function writableSize(upper: string): Promise<number> {
  const seen = new Set<number>();
  let size = 0;
  const entries = await readdir(upper, { recursive: true, withFileTypes: true }).catch(() => []);
  for (const entry of entries) {
    if (!entry.isFile() && !entry.isSymbolicLink()) continue;
    const stat = await lstat(join(entry.parentPath, entry.name)).catch(() => undefined);
    if (stat === undefined || (stat.nlink > 1 && seen.has(stat.ino))) continue;
    seen.add(stat.ino);
    size += stat.size;
  }
  return size;
}
