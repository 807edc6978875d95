import { lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';

/** Bytes that a tree takes on disk, as `du` counts them: whole blocks, hard-linked files once. */
export async function diskUsage(path: string): Promise<number> {
  const seen = new Set<string>();
  async function usage(path: Buffer): Promise<number> {
    const status = await lstat(path);
    if (status.nlink > 1 && !status.isDirectory()) {
      const key = `${status.dev}:${status.ino}`;
      if (seen.has(key)) return 0;
      seen.add(key);
    }
    let bytes = status.blocks * 512;
    if (!status.isDirectory()) return bytes;
    for (const name of await readdir(path, { encoding: 'buffer' })) {
      bytes += await usage(Buffer.concat([path, Buffer.from('/'), name]));
    }
    return bytes;
  }
  return usage(Buffer.from(join(path)));
}
