import { byteString, fromByteString, type ByteString } from '../base/byte-string.ts';
import { isLamellaError } from '../base/errors.ts';
import { cString, pathText, systemCall, type Path } from './libc.ts';

const lsetxattrCall = systemCall(
  'int lsetxattr(void *path, void *name, void *value, size_t size, int flags)',
);
const fsetxattrCall = systemCall('int fsetxattr(int fd, void *name, void *value, size_t size, int flags)');
const lgetxattrCall = systemCall('long lgetxattr(void *path, void *name, void *value, size_t size)');
const llistxattrCall = systemCall('long llistxattr(void *path, void *list, size_t size)');

/** XATTR_SIZE_MAX and XATTR_LIST_MAX (include/uapi/linux/limits.h): nothing is larger. */
const XATTR_MAX = 65_536;

/** Sets an extended attribute of `path` itself, which may be a symlink. */
export function setXattr(path: Path, name: ByteString, value: Uint8Array): void {
  const doing = `setxattr ${name} ${pathText(path)}`;
  lsetxattrCall(doing, cString(path), cString(fromByteString(name)), value, value.byteLength, 0);
}

/** The same for an open file. */
export function setOpenXattr(fd: number, name: ByteString, value: Uint8Array): void {
  fsetxattrCall(`setxattr ${name}`, fd, cString(fromByteString(name)), value, value.byteLength, 0);
}

/** The value of an extended attribute of `path` itself, or undefined where it has none of that name or is gone. */
export function getXattr(path: Path, name: ByteString): Buffer | undefined {
  const value = Buffer.allocUnsafe(XATTR_MAX);
  try {
    const doing = `getxattr ${name} ${pathText(path)}`;
    const size = lgetxattrCall(doing, cString(path), cString(fromByteString(name)), value, XATTR_MAX);
    return Buffer.from(value.subarray(0, size));
  } catch (error) {
    if (isAbsent(error)) return undefined;
    throw error;
  }
}

/** Names of the extended attributes of `path` itself, sorted; empty where it has none or is gone. */
export function listXattrs(path: Path): ByteString[] {
  // Most files have none or few: the second, larger try is rare.
  const list = tryList(path, 1024) ?? tryList(path, XATTR_MAX);
  if (list === undefined || list.byteLength === 0) return [];
  const names = byteString(list.subarray(0, -1)).split('\0') as ByteString[];
  return names.sort();
}

/** Undefined where the list does not fit. */
function tryList(path: Path, room: number): Buffer | undefined {
  const list = Buffer.allocUnsafe(room);
  try {
    const size = llistxattrCall(`listxattr ${pathText(path)}`, cString(path), list, room);
    return list.subarray(0, size);
  } catch (error) {
    if (isAbsent(error)) return Buffer.alloc(0);
    if (isLamellaError(error) && error.code === 'ERANGE') return undefined;
    throw error;
  }
}

function isAbsent(error: unknown): boolean {
  return isLamellaError(error) && ['ENODATA', 'EOPNOTSUPP', 'ENOTSUP', 'ENOENT'].includes(error.code);
}
