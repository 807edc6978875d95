import type { ByteString } from '../base/byte-string.ts';
import { parseNumber, parseText } from './block.ts';

/**
 *     0    name 100      124  size 12      257  magic 6       329  devmajor 8
 *     100  mode 8        136  mtime 12     263  version 2     337  devminor 8
 *     108  uid 8         148  checksum 8   265  uname 32      345  prefix 155 (ustar; 131 in star's)
 *     116  gid 8         156  type 1       297  gname 32      386  sparse runs 4 × 24, more 1, real size 12 (old GNU)
 *                        157  link name 100
 */
export const field = {
  name: [0, 100],
  mode: [100, 8],
  uid: [108, 8],
  gid: [116, 8],
  size: [124, 12],
  mtime: [136, 12],
  type: 156,
  linkName: [157, 100],
  uname: [265, 32],
  gname: [297, 32],
  devMajor: [329, 8],
  devMinor: [337, 8],
  prefix: [345, 155],
  oldSparse: 386,
  oldRealSize: [483, 12],
} as const;

/** The one-character types of POSIX, GNU tar and star that Lamella knows. */
export const typeFlag = {
  oldFile: '\0',
  file: '0',
  hardlink: '1',
  symlink: '2',
  char: '3',
  block: '4',
  directory: '5',
  fifo: '6',
  contiguous: '7',
  pax: 'x',
  paxGlobal: 'g',
  paxSolaris: 'X',
  gnuDirectory: 'D',
  gnuLongLink: 'K',
  gnuLongName: 'L',
  gnuContinuation: 'M',
  gnuOldNames: 'N',
  gnuSparse: 'S',
  gnuVolume: 'V',
} as const;

/** A header block by its fields, decoded when asked for: each type of member uses only some of them. */
export class TarHeader {
  readonly block: Buffer;
  readonly type: string;

  constructor(block: Buffer) {
    this.block = block;
    this.type = String.fromCharCode(block[field.type] as number);
  }

  number([start, length]: readonly [number, number]): number {
    return parseNumber(this.block, start, length);
  }

  text([start, length]: readonly [number, number]): ByteString {
    return parseText(this.block, start, length);
  }

  /** Whether it has the fields behind the link name that version 7 of Unix did not have. */
  get extended(): boolean {
    return this.block.toString('latin1', 257, 262) === 'ustar';
  }

  /** The name with ustar's prefix. GNU tar's own format, marked by a blank after `ustar`, uses that place otherwise. */
  get name(): ByteString {
    const name = this.text(field.name);
    if (!this.extended || this.block[262] !== 0 || this.block[345] === 0) return name;
    const star = this.block.toString('latin1', 508, 512) === 'tar\0';
    const prefix = this.text(star ? [345, 131] : field.prefix);
    return `${prefix}/${name}` as ByteString;
  }
}
