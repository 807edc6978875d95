import { visitTree } from '../base/visit-tree.ts';

/** Bytes of the files that a container has written, each hard-linked file once: Docker's SizeRw. */
export async function writableSize(upper: string): Promise<number> {
  const seen = new Set<number>();
  let size = 0;
  await visitTree(upper, (status) => {
    if (!status.isFile() && !status.isSymbolicLink()) return;
    if (status.nlink > 1 && seen.has(status.ino)) return;
    seen.add(status.ino);
    size += status.size;
  });
  return size;
}
