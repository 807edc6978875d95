import { visitTree } from '../base/visit-tree.ts';

/** Bytes that a tree takes on disk, as `du` counts them: whole blocks, hard-linked files once. 0 where it is not there. */
export async function diskUsage(path: string): Promise<number> {
  const seen = new Set<string>();
  let bytes = 0;
  await visitTree(path, (status) => {
    if (status.nlink > 1 && !status.isDirectory()) {
      const key = `${status.dev}:${status.ino}`;
      if (seen.has(key)) return;
      seen.add(key);
    }
    bytes += status.blocks * 512;
  });
  return bytes;
}
