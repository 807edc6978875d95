import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import { isLamellaError, LamellaError } from '../base/errors.ts';
import { MNT_DETACH, mount, umount } from '../linux/mount.ts';
import { readMountTable } from '../linux/mount-table.ts';
import type { Volume } from './volume.ts';

const MS_REMOUNT = 0x20;
const MS_BIND = 0x1000;

/** Words of `o=` that are flags of mount(2): the bits that they set, or clear. */
const flags: Readonly<Record<string, readonly [bits: number, clears?: true]>> = {
  defaults: [0],
  ro: [0x1],
  rw: [0x1, true],
  nosuid: [0x2],
  suid: [0x2, true],
  nodev: [0x4],
  dev: [0x4, true],
  noexec: [0x8],
  exec: [0x8, true],
  sync: [0x10],
  async: [0x10, true],
  remount: [MS_REMOUNT],
  mand: [0x40],
  nomand: [0x40, true],
  dirsync: [0x80],
  noatime: [0x400],
  atime: [0x400, true],
  nodiratime: [0x800],
  diratime: [0x800, true],
  bind: [MS_BIND],
  rbind: [MS_BIND | 0x4000],
  relatime: [0x200000],
  norelatime: [0x200000, true],
  strictatime: [0x1000000],
  nostrictatime: [0x1000000, true],
};

/** `o=` as mount(2) takes it: bits for what the kernel knows as flags, and the rest as text for the file system. */
export function parseMountOptions(text: string): { flags: number; data: string } {
  let bits = 0;
  const data: string[] = [];
  for (const word of text.split(',').filter((each) => each !== '')) {
    const known = Object.hasOwn(flags, word) ? flags[word] : undefined;
    if (known === undefined) data.push(word);
    else bits = known[1] === true ? bits & ~known[0] : bits | known[0];
  }
  return { flags: bits, data: data.join(',') };
}

/**
 * Mounts what the volume's options name at `target`.
 *
 * @throws LamellaError with errno's name as code: `failed to mount local volume: mount device:target, …`
 */
export async function mountVolume({ options }: Pick<Volume, 'options'>, target: string): Promise<void> {
  const { type = '', device: source = '', o = '' } = options;
  const asked = parseMountOptions(type === 'nfs' || type === 'cifs' ? await withAddress(o) : o);
  try {
    mount({ source, target, type, ...asked });
    // The kernel looks at nothing but the source when a bind mount is made.
    const more = asked.flags & ~(MS_BIND | 0x4000);
    if ((asked.flags & MS_BIND) !== 0 && more !== 0) {
      mount({ target, flags: MS_BIND | MS_REMOUNT | more });
    }
  } catch (error) {
    if (!isLamellaError(error)) throw error;
    const shownFlags = asked.flags === 0 ? '' : `, flags: 0x${asked.flags.toString(16)}`;
    const shownData =
      asked.data === '' ? '' : `, data: ${asked.data.replace(/\bpassword=[^,]*/, 'password=********')}`;
    const reason = error.message.slice(error.message.lastIndexOf(': ') + 2);
    throw new LamellaError(
      error.kind,
      `failed to mount local volume: mount ${source}:${target}${shownFlags}${shownData}: ${reason}`,
      { code: error.code },
    );
  }
}

/** The kernel's NFS and CIFS clients know addresses, not names. */
async function withAddress(options: string): Promise<string> {
  const name = /(?:^|,)addr=([^,]+)/.exec(options)?.[1];
  if (name === undefined || isIP(name) !== 0) return options;
  try {
    const { address } = await lookup(name);
    return options.replace(`addr=${name}`, `addr=${address}`);
  } catch (error) {
    throw new LamellaError(
      'unavailable',
      `error resolving passed in network volume address: lookup ${name}: no such host`,
      { code: 'volume-address-unknown', cause: error },
    );
  }
}

/** Whether anything is mounted at this very path. */
export async function isMounted(target: string): Promise<boolean> {
  return (await readMountTable()).some((entry) => entry.target === target);
}

/** Takes away whatever is mounted there, at once, whoever still looks at it: nobody of ours does. */
export async function unmountVolume(target: string): Promise<void> {
  while (await isMounted(target)) umount(target, { flags: MNT_DETACH });
}
