import { existsSync, mkdirSync, rmdirSync } from 'node:fs';
import { systemErrorCode } from '../base/errors.ts';
import { MNT_DETACH, mount, MS_NODEV, MS_NOEXEC, MS_NOSUID, umount } from '../linux/mount.ts';

/** Mounts what several containers have as their /dev/shm: one of them makes it, the others join. @param size bytes */
export function mountSharedMemory(folder: string, size: number): void {
  mkdirSync(folder);
  mount({
    source: 'shm',
    target: folder,
    type: 'tmpfs',
    flags: MS_NOSUID | MS_NODEV | MS_NOEXEC,
    data: `mode=1777,size=${size}`,
  });
}

/** Nothing happens where there is none. Containers that have joined keep what is in it. */
export function unmountSharedMemory(folder: string): void {
  if (!existsSync(folder)) return;
  try {
    umount(folder, { flags: MNT_DETACH });
  } catch (error) {
    // It was never mounted.
    if (systemErrorCode(error) !== 'EINVAL') throw error;
  }
  rmdirSync(folder);
}
