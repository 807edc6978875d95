import { cString, pathText, systemCall, type Path } from './libc.ts';

const AT_FDCWD = -100;
const AT_SYMLINK_NOFOLLOW = 0x100;

const futimensCall = systemCall('int futimens(int fd, void *times)');
const utimensatCall = systemCall('int utimensat(int folder, void *path, void *times, int flags)');

/** Sets access and modification time of `path` itself, which may be a symlink, to the nanosecond; Node.js's doubles lose some. */
export function setTimes(path: Path, time: { seconds: number; nanoseconds: number }): void {
  utimensatCall(`utimensat ${pathText(path)}`, AT_FDCWD, cString(path), timesOf(time), AT_SYMLINK_NOFOLLOW);
}

/** The same for an open file. */
export function setOpenTimes(fd: number, time: { seconds: number; nanoseconds: number }): void {
  futimensCall(`futimens ${fd}`, fd, timesOf(time));
}

/** Two timespecs, for access and for modification. */
function timesOf({ seconds, nanoseconds }: { seconds: number; nanoseconds: number }): Buffer {
  const times = Buffer.alloc(32);
  for (const at of [0, 16]) {
    times.writeBigInt64LE(BigInt(seconds), at);
    times.writeBigInt64LE(BigInt(nanoseconds), at + 8);
  }
  return times;
}
