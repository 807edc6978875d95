import { closeSync, type BigIntStats } from 'node:fs';
import type { ByteString } from '../base/byte-string.ts';
import { unpackDevice } from '../linux/nodes.ts';
import { getXattr, listXattrs } from '../linux/xattr.ts';
import { openFolder, type ConfinedFolder } from '../linux/confined-folder.ts';
import { fileTime } from './file-time.ts';
import type { LowerNode } from './lower-view.ts';
import { readAt } from './read-at.ts';

/** A plain directory of ours as a lower. The folders that are looked into stay open until `opened` is disposed of. */
export function folderNode(opened: DisposableStack, path: string): LowerNode {
  const folder = opened.use(openFolder(path));
  const status = folder.status('.' as ByteString);
  if (status === undefined) throw new Error(`${path} has gone`);
  return nodeOf(opened, { folder, name: '.' as ByteString, status });
}

interface Place {
  readonly folder: ConfinedFolder;
  readonly name: ByteString;
  readonly status: BigIntStats;
}

function nodeOf(opened: DisposableStack, { folder, name, status }: Place): LowerNode {
  let inner: ConfinedFolder | undefined;
  const enter = (): ConfinedFolder | undefined => (inner ??= opened.use(folder.folder(name)));
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
    xattr: (xattr) => getXattr(folder.pathOf(name), xattr),
    xattrs() {
      const path = folder.pathOf(name);
      const values = listXattrs(path).map((each) => [each, getXattr(path, each)] as const);
      return new Map(values.flatMap(([each, value]) => (value === undefined ? [] : [[each, value]])));
    },
    identity: status.isDirectory() || status.nlink < 2n ? undefined : `${status.dev}:${status.ino}`,
    readlink: () => folder.readlink(name) ?? ('' as ByteString),
    lookup(child) {
      const status = enter()?.status(child);
      return inner && status && nodeOf(opened, { folder: inner, name: child, status });
    },
    names: () => enter()?.names() ?? [],
    read(offset, length) {
      const fd = folder.openFile(name);
      if (fd === undefined) return new Uint8Array(0);
      try {
        return readAt(fd, offset, length);
      } finally {
        closeSync(fd);
      }
    },
  };
}
