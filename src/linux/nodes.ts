import { constants } from 'node:fs';
import { cString, pathText, systemCall, type Path } from './libc.ts';

/** mknodat(2) by number, since C libraries before glibc 2.33 have no such function. */
const SYS_mknodat = process.arch === 'arm64' ? 33 : 259;
const AT_FDCWD = -100;

const mknodatCall = systemCall(
  'long syscall(long number, int folder, void *path, unsigned int mode, unsigned int device)',
);

export type NodeType = 'char' | 'block' | 'fifo' | 'file';

const fileTypes: Readonly<Record<NodeType, number>> = {
  char: constants.S_IFCHR,
  block: constants.S_IFBLK,
  fifo: constants.S_IFIFO,
  file: constants.S_IFREG,
};

/**
 * Makes a device, a FIFO or an empty file. The process's umask takes bits away from `mode`.
 *
 * @param device major and minor number, for devices
 */
export function makeNode(
  path: Path,
  type: NodeType,
  mode: number,
  device: { major: number; minor: number } = { major: 0, minor: 0 },
): void {
  const doing = `mknod ${pathText(path)}`;
  mknodatCall(doing, SYS_mknodat, AT_FDCWD, cString(path), fileTypes[type] | mode, packDevice(device));
}

/** A device number as the kernel's new_encode_dev() writes it (include/linux/kdev_t.h). */
export function packDevice({ major, minor }: { major: number; minor: number }): number {
  return ((minor & 0xff) | ((major & 0xfff) << 8) | ((minor & 0xfff00) << 12)) >>> 0;
}

/** The parts of a device number as the C library packs it in `st_rdev` (gnu_dev_major, gnu_dev_minor). */
export function unpackDevice(device: number | bigint): { major: number; minor: number } {
  const bits = BigInt(device);
  return {
    major: Number(((bits >> 8n) & 0xfffn) | ((bits >> 32n) & 0xfffff000n)),
    minor: Number((bits & 0xffn) | ((bits >> 12n) & 0xffffff00n)),
  };
}
