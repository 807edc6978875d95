import type { BigIntStats } from 'node:fs';
import { displayByteString } from '../base/byte-string.ts';
import { fileTime } from '../layers/file-time.ts';
import type { PathStatus } from './path-status.ts';

/** Go's fs.FileMode, which Docker's API gives as a number. */
const mode = {
  directory: 2 ** 31,
  symlink: 2 ** 27,
  device: 2 ** 26,
  fifo: 2 ** 25,
  socket: 2 ** 24,
  setuid: 2 ** 23,
  setgid: 2 ** 22,
  charDevice: 2 ** 21,
  sticky: 2 ** 20,
};

/** Docker's ContainerPathStat: what `HEAD /containers/{id}/archive` tells of a path. */
export interface PathStat {
  readonly name: string;
  /** Bytes */
  readonly size: number;
  /** As Go has it. */
  readonly mode: number;
  /** RFC 3339 with nanoseconds. */
  readonly mtime: string;
  readonly linkTarget: string;
}

export function pathStatOf({ name, status, linkTarget }: PathStatus): PathStat {
  const { seconds, nanoseconds } = fileTime(status.mtimeNs);
  const fraction = String(nanoseconds).padStart(9, '0').replace(/0+$/, '');
  return {
    name: displayByteString(name),
    size: Number(status.size),
    mode: goMode(status),
    mtime: `${new Date(seconds * 1000).toISOString().slice(0, 19)}${fraction === '' ? '' : `.${fraction}`}Z`,
    linkTarget: displayByteString(linkTarget),
  };
}

function goMode(status: BigIntStats): number {
  const bits = Number(status.mode);
  let value = bits & 0o777;
  if ((bits & 0o4000) !== 0) value += mode.setuid;
  if ((bits & 0o2000) !== 0) value += mode.setgid;
  if ((bits & 0o1000) !== 0) value += mode.sticky;
  if (status.isDirectory()) value += mode.directory;
  else if (status.isSymbolicLink()) value += mode.symlink;
  else if (status.isFIFO()) value += mode.fifo;
  else if (status.isSocket()) value += mode.socket;
  else if (status.isBlockDevice()) value += mode.device;
  else if (status.isCharacterDevice()) value += mode.device + mode.charDevice;
  return value;
}
