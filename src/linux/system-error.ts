import { getSystemErrorMap } from 'node:util';
import { LamellaError, type ErrorKind } from '../base/errors.ts';

const kinds: Readonly<Record<string, ErrorKind>> = {
  EACCES: 'forbidden',
  EPERM: 'forbidden',
  EROFS: 'forbidden',
  ENOENT: 'not-found',
  ENXIO: 'not-found',
  ENODEV: 'unsupported',
  ENOSYS: 'unsupported',
  EOPNOTSUPP: 'unsupported',
  ENOTSUP: 'unsupported',
  EINVAL: 'invalid',
  ENAMETOOLONG: 'invalid',
  ELOOP: 'invalid',
  ENOTDIR: 'invalid',
  EISDIR: 'invalid',
  EBUSY: 'conflict',
  EEXIST: 'conflict',
  EADDRINUSE: 'conflict',
  EADDRNOTAVAIL: 'conflict',
  ETXTBSY: 'conflict',
  ENOTEMPTY: 'conflict',
  EAGAIN: 'unavailable',
  ECONNREFUSED: 'unavailable',
  ECONNRESET: 'unavailable',
  EPIPE: 'unavailable',
  EMFILE: 'unavailable',
  ENFILE: 'unavailable',
  ENOSPC: 'no-space',
  EDQUOT: 'no-space',
  EUCLEAN: 'corrupt',
  EBADMSG: 'corrupt',
};

/** Numbers that libuv has no name for, the same on all of Linux's machines that Node.js runs on. */
const others: ReadonlyMap<number, readonly [name: string, text: string]> = new Map([
  [61, ['ENODATA', 'no data available']],
  [117, ['EUCLEAN', 'structure needs cleaning']],
  [122, ['EDQUOT', 'disk quota exceeded']],
]);

/** The error of a failed system call, worded as `mount /a: permission denied`; its code is errno's name (`EACCES`). */
export function systemError(doing: string, errno: number): LamellaError {
  const [name, text] = others.get(errno) ??
    getSystemErrorMap().get(-errno) ?? [`E${errno}`, `error ${errno}`];
  return new LamellaError(kinds[name] ?? 'internal', `${doing}: ${text}`, { code: name });
}
