import { closeSync, readSync } from 'node:fs';
import { isLamellaError, LamellaError } from '../base/errors.ts';
import { cString, pathText, systemCall, type Path } from './libc.ts';

/** The mount API of Linux 5.2: a file system is described step by step, created, and only then put into place. */
const SYS_move_mount = 429;
const SYS_fsopen = 430;
const SYS_fsconfig = 431;
const SYS_fsmount = 432;
const FSOPEN_CLOEXEC = 1;
const FSMOUNT_CLOEXEC = 1;
const FSCONFIG_SET_FLAG = 0;
const FSCONFIG_SET_STRING = 1;
const FSCONFIG_SET_FD = 5;
const FSCONFIG_CMD_CREATE = 6;
const MOVE_MOUNT_F_EMPTY_PATH = 4;
const AT_FDCWD = -100;
export const MOUNT_ATTR_RDONLY = 1;
/** The kernel takes strings of at most this many bytes, NUL included (fs/fsopen.c). */
export const FSCONFIG_STRING_MAX = 256;

const fsopenCall = systemCall('long syscall(long number, void *type, unsigned int flags)');
const fsconfigCall = systemCall(
  'long syscall(long number, int fd, unsigned int command, void *key, void *value, int aux)',
);
const fsmountCall = systemCall(
  'long syscall(long number, int fd, unsigned int flags, unsigned int attributes)',
);
const moveMountCall = systemCall(
  'long syscall(long number, int from, void *fromPath, int to, void *toPath, unsigned int flags)',
);

/** One parameter of a file system: a flag, a string, or an open descriptor. Order and repetition count. */
export type MountParameter = readonly [key: string, value?: string | number];

export interface NewMount {
  readonly type: string;
  readonly target: Path;
  readonly parameters: readonly MountParameter[];
  /** MOUNT_ATTR_… */
  readonly attributes?: number;
}

/**
 * Mounts by fsopen(2), fsconfig(2), fsmount(2) and move_mount(2). There is no limit to the number of parameters, unlike
 * the one page of mount(2).
 *
 * @throws LamellaError with errno's name as code; the message carries what the kernel says about the reason
 */
export function mountNew({ type, target, parameters, attributes = 0 }: NewMount): void {
  const doing = `mount ${pathText(target)}`;
  const context = fsopenCall(doing, SYS_fsopen, cString(type), FSOPEN_CLOEXEC);
  let mounted = -1;
  try {
    for (const parameter of parameters) configure(doing, context, parameter);
    fsconfigCall(doing, SYS_fsconfig, context, FSCONFIG_CMD_CREATE, null, null, 0);
    mounted = fsmountCall(doing, SYS_fsmount, context, FSMOUNT_CLOEXEC, attributes);
    const empty = cString('');
    moveMountCall(doing, SYS_move_mount, mounted, empty, AT_FDCWD, cString(target), MOVE_MOUNT_F_EMPTY_PATH);
  } catch (error) {
    throw withKernelLog(error, context);
  } finally {
    closeSync(context);
    if (mounted !== -1) closeSync(mounted);
  }
}

function configure(doing: string, context: number, [key, value]: MountParameter): void {
  const name = cString(key);
  if (value === undefined) {
    fsconfigCall(doing, SYS_fsconfig, context, FSCONFIG_SET_FLAG, name, null, 0);
  } else if (typeof value === 'number') {
    fsconfigCall(doing, SYS_fsconfig, context, FSCONFIG_SET_FD, name, null, value);
  } else {
    fsconfigCall(doing, SYS_fsconfig, context, FSCONFIG_SET_STRING, name, cString(value), 0);
  }
}

/** The kernel explains failures in messages that are read from the context: `e overlay: Unknown parameter 'x'`. */
function withKernelLog(error: unknown, context: number): unknown {
  if (!isLamellaError(error)) return error;
  const lines: string[] = [];
  const buffer = Buffer.alloc(4096);
  try {
    for (;;) lines.push(buffer.toString('utf8', 0, readSync(context, buffer)).trim());
  } catch {
    // ENODATA: the log is empty.
  }
  if (lines.length === 0) return error;
  return new LamellaError(error.kind, `${error.message} (${lines.join('; ')})`, {
    code: error.code,
    cause: error,
  });
}
