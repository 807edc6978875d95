import { LamellaError } from '../base/errors.ts';
import type { TarEntry } from '../tar/entry.ts';
import {
  blockSize,
  encodeDevice,
  modeBlock,
  modeChar,
  modeDirectory,
  modeFifo,
  modeFile,
  modeSymlink,
} from './format.ts';
import type { InodeFields } from './inode-table.ts';
import { quotePath } from './tree-path.ts';

type InodeType = Exclude<TarEntry['type'], 'hardlink'>;

const typeBits: Readonly<Record<InodeType, number>> = {
  file: modeFile,
  symlink: modeSymlink,
  char: modeChar,
  block: modeBlock,
  directory: modeDirectory,
  fifo: modeFifo,
};

/**
 * The inode that an entry describes.
 *
 * @param data for directories and symlinks, which the entry alone does not tell
 * @throws LamellaError invalid `owner-invalid`, `device-invalid`, `mtime-invalid`, `size-invalid`; unsupported
 *   `layer-too-large` for content beyond 2 TiB, which 32 bits of blocks of 512 bytes do not reach
 */
export function inodeFields(entry: TarEntry, xattrs: number, data: number | undefined): InodeFields {
  const { uid, gid, mtime } = entry;
  const type = entry.type === 'hardlink' ? 'file' : entry.type;
  if (!isNatural(uid, 0xffff_fffe) || !isNatural(gid, 0xffff_fffe))
    throw wrong(entry, 'owner', `${uid}:${gid}`);
  if (!Number.isSafeInteger(mtime.seconds) || !isNatural(mtime.nanoseconds, 999_999_999)) {
    throw wrong(entry, 'mtime', `${mtime.seconds}`);
  }
  const size = type === 'file' ? entry.size : type === 'symlink' ? entry.linkPath.length : 0;
  if (!isNatural(size, Number.MAX_SAFE_INTEGER)) throw wrong(entry, 'size', `${size}`);
  return {
    // Linux gives every symlink all permissions, whatever an archive says.
    mode: typeBits[type] | (type === 'symlink' ? 0o777 : entry.mode & 0o7777),
    uid,
    gid,
    mtimeSeconds: mtime.seconds,
    mtimeNanoseconds: mtime.nanoseconds,
    size,
    data: data ?? ownData(entry),
    xattrs,
  };
}

function ownData(entry: TarEntry): number {
  if (entry.type === 'char' || entry.type === 'block') {
    if (!isNatural(entry.devMajor, 0xfff) || !isNatural(entry.devMinor, 0xfffff)) {
      throw wrong(entry, 'device', `${entry.devMajor}:${entry.devMinor}`);
    }
    return encodeDevice(entry.devMajor, entry.devMinor);
  }
  if (entry.type !== 'file' || entry.size === 0) return 0;
  const block = entry.dataOffset / blockSize;
  if (entry.dataOffset + entry.storedSize > 2 ** 32 * blockSize) {
    throw new LamellaError('unsupported', 'layer is larger than 2 TiB', { code: 'layer-too-large' });
  }
  if (!isNatural(block, 2 ** 32 - 1)) throw new RangeError(`content at ${entry.dataOffset} is not aligned`);
  return block;
}

function isNatural(value: number, most: number): boolean {
  return Number.isSafeInteger(value) && value >= 0 && value <= most;
}

function wrong(entry: TarEntry, field: string, value: string): LamellaError {
  return new LamellaError('invalid', `${quotePath(entry.path)}: invalid ${field} ${value}`, {
    code: `${field}-invalid`,
  });
}
