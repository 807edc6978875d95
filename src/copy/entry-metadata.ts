import { chmodSync, chownSync, closeSync, constants, fchmodSync, fchownSync, openSync } from 'node:fs';
import type { ByteString } from '../base/byte-string.ts';
import { isLamellaError } from '../base/errors.ts';
import { isKeptXattr } from '../layers/kept-xattr.ts';
import type { ConfinedFolder } from '../linux/confined-folder.ts';
import { setOpenTimes } from '../linux/times.ts';
import { setOpenXattr } from '../linux/xattr.ts';
import type { TarEntry } from '../tar/entry.ts';

/**
 * Whose the copies become: the owner that the archive says, this process's user, or somebody else. Where it is not the
 * archive's, set-id bits and capabilities of programs go, as they do when a file is given away: what one user could do
 * as himself, nobody else may do as root.
 */
export type OwnerRule = 'archive' | 'mine' | { readonly uid: number; readonly gid: number };

/** Undefined where nothing is to be changed. */
export function ownerOf(entry: TarEntry, rule: OwnerRule): { uid: number; gid: number } | undefined {
  if (rule === 'mine') return undefined;
  return rule === 'archive' ? { uid: entry.uid, gid: entry.gid } : rule;
}

function modeOf(entry: TarEntry, rule: OwnerRule): number {
  return entry.type === 'directory' || keepsPrivileges(entry, rule) ? entry.mode : entry.mode & 0o1777;
}

function keepsPrivileges(entry: TarEntry, rule: OwnerRule): boolean {
  if (rule === 'archive') return true;
  return rule !== 'mine' && rule.uid === entry.uid && rule.gid === entry.gid;
}

/** All but the content of an open file. */
export function setFileMetadata(fd: number, entry: TarEntry, rule: OwnerRule): void {
  const owner = ownerOf(entry, rule);
  if (owner !== undefined) fchownSync(fd, owner.uid, owner.gid);
  fchmodSync(fd, modeOf(entry, rule));
  setXattrs(fd, entry, rule);
  setOpenTimes(fd, entry.mtime);
}

export function setDirectoryMetadata(folder: ConfinedFolder, entry: TarEntry, rule: OwnerRule): void {
  const fd = openSelf(folder);
  try {
    setFileMetadata(fd, entry, rule);
  } finally {
    closeSync(fd);
  }
}

/** A directory that no archive speaks of becomes root's, or that of whom all is given to. */
export function giveTo(folder: ConfinedFolder, rule: OwnerRule): void {
  if (typeof rule === 'string') return;
  const fd = openSelf(folder);
  try {
    fchownSync(fd, rule.uid, rule.gid);
  } finally {
    closeSync(fd);
  }
}

/** Owner and bits of what cannot be opened without an effect: it is named by `fd`, opened with O_PATH. */
export function setNodeMetadata(fd: number, entry: TarEntry, rule: OwnerRule): void {
  const owner = ownerOf(entry, rule);
  const path = `/proc/self/fd/${fd}`;
  if (owner !== undefined) chownSync(path, owner.uid, owner.gid);
  chmodSync(path, modeOf(entry, rule));
}

function openSelf(folder: ConfinedFolder): number {
  return openSync(folder.pathOf('.' as ByteString), constants.O_RDONLY | constants.O_DIRECTORY);
}

/** Attributes of users, and capabilities. What a file system has no room for is left out, as Docker does. */
function setXattrs(fd: number, entry: TarEntry, rule: OwnerRule): void {
  for (const [name, value] of entry.xattrs) {
    if (!isKeptXattr(name)) continue;
    if (name === 'security.capability' && !keepsPrivileges(entry, rule)) continue;
    try {
      setOpenXattr(fd, name, value);
    } catch (error) {
      if (!isLamellaError(error, 'unsupported') && !isLamellaError(error, 'forbidden')) throw error;
    }
  }
}
