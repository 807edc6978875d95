import { closeSync, type BigIntStats } from 'node:fs';
import type { ByteString } from '../base/byte-string.ts';
import { openFolder, type ConfinedFolder } from '../linux/confined-folder.ts';
import { unpackDevice } from '../linux/nodes.ts';
import { getXattr, listXattrs } from '../linux/xattr.ts';
import { fileTime } from './file-time.ts';
import type { LowerNode } from './lower-view.ts';
import { readAt } from './read-at.ts';

/** Folders that are open at the same time: a tree may have more of them than a process may have descriptors. */
const mostOpen = 256;

/** A plain directory of ours as a lower. Folders that are looked into stay open, some of them, until `opened` is disposed of. */
export function folderNode(opened: DisposableStack, path: string): LowerNode {
  const folders = openFolders(opened, path);
  const status = folders.at([])?.status('.' as ByteString);
  if (status === undefined) throw new Error(`${path} has gone`);
  return nodeOf(folders, [], status);
}

interface Folders {
  /** Undefined where it has gone, or is no directory any more. */
  at(parts: readonly ByteString[]): ConfinedFolder | undefined;
}

/** Folders by their path, the one used longest ago being closed for a new one. */
function openFolders(opened: DisposableStack, path: string): Folders {
  const root = opened.use(openFolder(path));
  const open = opened.adopt(new Map<string, ConfinedFolder>(), (folders) => {
    for (const folder of folders.values()) folder[Symbol.dispose]();
  });

  function at(parts: readonly ByteString[]): ConfinedFolder | undefined {
    const name = parts.at(-1);
    if (name === undefined) return root;
    const key = parts.join('/');
    const known = open.get(key);
    if (known !== undefined) {
      open.delete(key);
      open.set(key, known);
      return known;
    }
    const folder = at(parts.slice(0, -1))?.folder(name);
    if (folder === undefined) return undefined;
    open.set(key, folder);
    const [oldest] = open;
    if (open.size > mostOpen && oldest !== undefined) {
      open.delete(oldest[0]);
      oldest[1][Symbol.dispose]();
    }
    return folder;
  }

  return { at };
}

function nodeOf(folders: Folders, parts: readonly ByteString[], status: BigIntStats): LowerNode {
  const name = parts.at(-1) ?? ('.' as ByteString);
  /** The folder that it is in. */
  const parent = (): ConfinedFolder | undefined => folders.at(parts.slice(0, -1));
  const xattr = (attribute: ByteString): Uint8Array | undefined => {
    const path = parent()?.pathOf(name);
    return path && getXattr(path, attribute);
  };
  return {
    status: {
      mode: Number(status.mode),
      uid: Number(status.uid),
      gid: Number(status.gid),
      size: Number(status.size),
      mtime: fileTime(status.mtimeNs),
      rdev: unpackDevice(status.rdev),
    },
    isOpaque: () => false,
    xattr,
    xattrs() {
      const path = parent()?.pathOf(name);
      const names = path === undefined ? [] : listXattrs(path);
      const values = names.map((each) => [each, xattr(each)] as const);
      return new Map(values.flatMap(([each, value]) => (value === undefined ? [] : [[each, value]])));
    },
    identity: status.isDirectory() || status.nlink < 2n ? undefined : `${status.dev}:${status.ino}`,
    readlink: () => parent()?.readlink(name) ?? ('' as ByteString),
    lookup(child) {
      const found = folders.at(parts)?.status(child);
      return found && nodeOf(folders, [...parts, child], found);
    },
    names: () => folders.at(parts)?.names() ?? [],
    read(offset, length) {
      const fd = parent()?.openFile(name);
      if (fd === undefined) return new Uint8Array(0);
      try {
        return readAt(fd, offset, length);
      } finally {
        closeSync(fd);
      }
    },
  };
}
