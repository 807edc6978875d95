import { cString, pathText, systemCall, type Path } from './libc.ts';

const AT_FDCWD = -100;
const AT_SYMLINK_NOFOLLOW = 0x100;

const utimensatCall = systemCall('int utimensat(int folder, void *path, void *times, int flags)');

/** Sets access and modification time of `path` itself, which may be a symlink, to the nanosecond; Node.js's doubles lose some. */
export function setTimes(
  path: Path,
  { seconds, nanoseconds }: { seconds: number; nanoseconds: number },
): void {
  const times = Buffer.alloc(32);
  for (const at of [0, 16]) {
    times.writeBigInt64LE(BigInt(seconds), at);
    times.writeBigInt64LE(BigInt(nanoseconds), at + 8);
  }
  utimensatCall(`utimensat ${pathText(path)}`, AT_FDCWD, cString(path), times, AT_SYMLINK_NOFOLLOW);
}
