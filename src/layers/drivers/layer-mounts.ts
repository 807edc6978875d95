import { mkdir, readdir, rmdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { isLamellaError } from '../../base/errors.ts';
import { unlessMissing } from '../../base/files.ts';
import { openLoopDevice } from '../../linux/loop.ts';
import { MNT_DETACH, mount, MS_NODEV, MS_NOSUID, MS_RDONLY, umount } from '../../linux/mount.ts';
import { digestHex, type Digest } from '../../oci/digest.ts';
import { layerPaths, type LayerPaths } from '../layer-paths.ts';
import type { MountEntry } from '../../linux/mount-table.ts';

/** Whether EROFS mounts files themselves (Linux 6.12), or wants a loop device for each. */
export type ErofsBacking = 'file' | 'loop';

/**
 * One read-only EROFS mount for each layer in use, `<run dir>/layers/<diffID hex>-<inode of the index>`, shared by all containers so that
 * they share its page cache too. overlayfs holds on to the layers below it by itself: to unmount one here takes nothing
 * from a container that runs. Callers hold the mounts lock.
 */
export interface LayerMounts {
  /** The directory at which a layer is mounted, mounting it where it is not. */
  lowerOf(diffId: Digest, table: readonly MountEntry[]): Promise<string>;
  /** Unmounts all that are not in use. */
  sweep(used: ReadonlySet<Digest>): Promise<void>;
}

export function createLayerMounts({
  root,
  folder,
  backing,
}: {
  root: string;
  folder: string;
  backing: ErofsBacking;
}): LayerMounts {
  return {
    async lowerOf(diffId, table) {
      const paths = layerPaths(root, diffId);
      // The inode in the name: a layer that was healed or made anew is mounted anew, beside the old one still in use.
      const { ino } = await stat(paths.index, { bigint: true });
      const target = join(folder, `${digestHex(diffId)}-${ino}`);
      if (table.some((entry) => entry.target === target && entry.type === 'erofs')) return target;
      await mkdir(target, { recursive: true, mode: 0o700 });
      mountErofs(paths, target, backing);
      return target;
    },
    async sweep(used) {
      const keep = new Set([...used].map(digestHex));
      for (const name of (await unlessMissing(readdir(folder))) ?? []) {
        if (keep.has(name.replace(/-.*/, ''))) continue;
        const target = join(folder, name);
        unmountIfMounted(target);
        await rmdir(target);
      }
    },
  };
}

/** Mounts a layer's index over its tar. */
export function mountErofs(
  { index, tar }: Pick<LayerPaths, 'index' | 'tar'>,
  target: string,
  backing: ErofsBacking,
): void {
  const flags = MS_RDONLY | MS_NODEV | MS_NOSUID;
  if (backing === 'file') {
    mount({ source: index, target, type: 'erofs', flags, data: `device=${tar}` });
    return;
  }
  using source = openLoopDevice(index);
  using device = openLoopDevice(tar);
  mount({ source: source.path, target, type: 'erofs', flags, data: `device=${device.path}` });
}

/** Whether something was mounted there. Several mounts on top of each other all go. */
export function unmountIfMounted(target: string): boolean {
  for (let count = 0; ; count += 1) {
    try {
      umount(target, { flags: MNT_DETACH });
    } catch (error) {
      if (isLamellaError(error) && ['EINVAL', 'ENOENT'].includes(error.code)) return count > 0;
      throw error;
    }
  }
}
