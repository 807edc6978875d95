import { cString, pathText, systemCall, type Path } from './libc.ts';

export const MS_RDONLY = 1;
export const MS_NOSUID = 2;
export const MS_NODEV = 4;
export const MS_NOEXEC = 8;

/** Detach at once, clean up when nothing uses it any more. */
export const MNT_DETACH = 2;
const UMOUNT_NOFOLLOW = 8;

const mountCall = systemCall(
  'int mount(void *source, void *target, void *type, unsigned long flags, void *data)',
);
const umountCall = systemCall('int umount2(void *target, int flags)');

export interface MountOptions {
  /** `''` where the kind of mount has no source. */
  readonly source?: Path;
  readonly target: Path;
  readonly type?: string;
  /** MS_… */
  readonly flags?: number;
  /** Options of the file system, joined by commas; at most 4095 bytes. */
  readonly data?: string;
}

/** mount(2). @throws LamellaError with errno's name as code, such as forbidden `EPERM` */
export function mount({ source = '', target, type = '', flags = 0, data = '' }: MountOptions): void {
  mountCall(
    `mount ${pathText(target)}`,
    cString(source),
    cString(target),
    cString(type),
    flags,
    cString(data),
  );
}

/** umount2(2); never follows a symlink at `target`. @throws LamellaError conflict `EBUSY`, invalid `EINVAL`: nothing is mounted there */
export function umount(target: Path, { flags = 0 }: { flags?: number } = {}): void {
  umountCall(`unmount ${pathText(target)}`, cString(target), flags | UMOUNT_NOFOLLOW);
}
