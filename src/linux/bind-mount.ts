import { closeSync } from 'node:fs';
import { cString, pathText, systemCall, type Path } from './libc.ts';

/** open_tree(2), move_mount(2) and mount_setattr(2): Linux 5.12. */
const SYS_open_tree = 428;
const SYS_move_mount = 429;
const SYS_mount_setattr = 442;
const OPEN_TREE_CLONE = 1;
const OPEN_TREE_CLOEXEC = 0o2000000;
const AT_RECURSIVE = 0x8000;
const AT_EMPTY_PATH = 0x1000;
const AT_FDCWD = -100;
const MOVE_MOUNT_F_EMPTY_PATH = 0x04;
const MOVE_MOUNT_T_EMPTY_PATH = 0x40;
const MOUNT_ATTR_RDONLY = 1n;
const MS_PRIVATE = 1n << 18n;

const openTreeCall = systemCall('long syscall(long number, int folder, void *path, unsigned int flags)');
const setAttributesCall = systemCall(
  'long syscall(long number, int fd, void *path, unsigned int flags, void *attributes, size_t size)',
);
const moveMountCall = systemCall(
  'long syscall(long number, int from, void *fromPath, int to, void *toPath, unsigned int flags)',
);

/**
 * Makes what is at `source`, with all that is mounted in it, appear at the open file or directory `target` too. It is
 * private before it appears: to unmount it never unmounts anything of `source`.
 */
export function bindMountAt(source: Path, target: number, { readOnly }: { readOnly: boolean }): void {
  const doing = `mount ${pathText(source)}`;
  const flags = OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_RECURSIVE;
  const tree = openTreeCall(doing, SYS_open_tree, AT_FDCWD, cString(source), flags);
  try {
    const empty = cString('');
    const attributes = Buffer.alloc(32);
    attributes.writeBigUInt64LE(readOnly ? MOUNT_ATTR_RDONLY : 0n, 0);
    attributes.writeBigUInt64LE(MS_PRIVATE, 16);
    const where = AT_EMPTY_PATH | AT_RECURSIVE;
    setAttributesCall(doing, SYS_mount_setattr, tree, empty, where, attributes, attributes.byteLength);
    const how = MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH;
    moveMountCall(doing, SYS_move_mount, tree, empty, target, empty, how);
  } finally {
    closeSync(tree);
  }
}
