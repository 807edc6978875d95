import {
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  openSync,
  readdirSync,
  readlinkSync,
  type BigIntStats,
} from 'node:fs';
import { byteString, fromByteString, type ByteString } from '../base/byte-string.ts';
import { systemErrorCode } from '../base/errors.ts';

/**
 * An open directory whose entries are reached by their name alone. The tree may belong to a hostile container that
 * moves directories and plants symlinks while it is read: from an open directory, one name at a time and never through
 * a symlink, nothing outside of it can be reached.
 */
export interface ConfinedFolder extends Disposable {
  /** A path to an entry, good for system calls that do not follow a symlink at its end. */
  pathOf(name: ByteString): Buffer;
  /** Names of its entries, sorted byte-wise. */
  names(): ByteString[];
  /** Of the entry itself. Undefined, here and below, where it has gone or become something else since. */
  status(name: ByteString): BigIntStats | undefined;
  readlink(name: ByteString): ByteString | undefined;
  /** Opens a plain file. Nothing else is ever opened: a FIFO would wait, a device could act. The caller closes it. */
  openFile(name: ByteString): number | undefined;
  /** Opens a directory below that is not a symlink. */
  folder(name: ByteString): ConfinedFolder | undefined;
}

const { O_RDONLY, O_DIRECTORY, O_NOFOLLOW } = constants;
/** Names a file without opening it (open(2)); the same number on all of Linux's machines that Node.js runs on. */
export const O_PATH = 0o10000000;

export function openFolder(path: string | Buffer): ConfinedFolder {
  return folderOf(openSync(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW));
}

/** The directory that is open as `fd`, which is closed with it. */
export function folderOf(fd: number): ConfinedFolder {
  const prefix = Buffer.from(`/proc/self/fd/${fd}/`);
  const pathOf = (name: ByteString): Buffer => Buffer.concat([prefix, fromByteString(name)]);
  return {
    pathOf,
    names: () =>
      readdirSync(prefix, { encoding: 'buffer' })
        .map((name) => byteString(name))
        .sort(),
    status: (name) => unlessGone(() => lstatSync(pathOf(name), { bigint: true })),
    readlink: (name) => unlessGone(() => byteString(readlinkSync(pathOf(name), { encoding: 'buffer' }))),
    openFile: (name) => unlessGone(() => openPlainFile(pathOf(name))),
    folder: (name) => unlessGone(() => openFolder(pathOf(name))),
    [Symbol.dispose]: () => closeSync(fd),
  };
}

/** Looks what it is before it is opened, and opens just that. */
function openPlainFile(path: Buffer): number | undefined {
  const found = openSync(path, O_PATH | O_NOFOLLOW);
  try {
    return fstatSync(found).isFile() ? openSync(`/proc/self/fd/${found}`, O_RDONLY) : undefined;
  } finally {
    closeSync(found);
  }
}

/** A running container may remove or replace anything between two of our steps. */
function unlessGone<T>(action: () => T): T | undefined {
  try {
    return action();
  } catch (error) {
    const code = systemErrorCode(error) ?? '';
    if (['ENOENT', 'ENOTDIR', 'ELOOP', 'EINVAL', 'ENXIO'].includes(code)) return undefined;
    throw error;
  }
}
