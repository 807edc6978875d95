import { randomBytes } from 'node:crypto';
import {
  closeSync,
  constants,
  fstatSync,
  lchownSync,
  linkSync,
  openSync,
  readFileSync,
  renameSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { fromByteString, type ByteString } from '../base/byte-string.ts';
import { systemErrorCode } from '../base/errors.ts';
import type { ByteStream } from '../base/streams.ts';
import { O_PATH, type ConfinedFolder } from '../linux/confined-folder.ts';
import { makeNode } from '../linux/nodes.ts';
import { setTimes } from '../linux/times.ts';
import type { TarEntry } from '../tar/entry.ts';
import { ownerOf, setFileMetadata, setNodeMetadata, type OwnerRule } from './entry-metadata.ts';
import { writeSparsely } from './write-sparsely.ts';

const { O_CREAT, O_EXCL, O_NOFOLLOW, O_WRONLY } = constants;

/** The file stands under another name until it is whole, and then takes the place of what was there. */
export async function writeFileEntry(
  folder: ConfinedFolder,
  name: ByteString,
  entry: TarEntry,
  content: ByteStream,
  owner: OwnerRule,
): Promise<void> {
  const draft = folder.pathOf(`.lamella-cp-${randomBytes(8).toString('hex')}` as ByteString);
  const fd = openSync(draft, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0o600);
  try {
    await writeSparsely(fd, content, entry.size);
    setFileMetadata(fd, entry, owner);
    putInPlace(draft, folder, name);
  } catch (error) {
    removeFile(draft);
    throw error;
  } finally {
    closeSync(fd);
  }
}

/** A file that something is mounted on, such as /etc/hosts, cannot be replaced: it gets the content instead. */
function putInPlace(draft: Buffer, folder: ConfinedFolder, name: ByteString): void {
  try {
    renameSync(draft, folder.pathOf(name));
  } catch (error) {
    if (systemErrorCode(error) !== 'EBUSY') throw error;
    const found = openSync(folder.pathOf(name), O_PATH | O_NOFOLLOW);
    try {
      if (!fstatSync(found).isFile()) throw error;
      writeFileSync(`/proc/self/fd/${found}`, readFileSync(draft));
    } finally {
      closeSync(found);
    }
    removeFile(draft);
  }
}

export function makeHardLink(
  from: ConfinedFolder,
  target: ByteString,
  folder: ConfinedFolder,
  name: ByteString,
): void {
  if (from.status(target)?.ino === folder.status(name)?.ino && from.status(target) !== undefined) return;
  removeFile(folder.pathOf(name));
  linkSync(from.pathOf(target), folder.pathOf(name));
}

/** Where it leads is nobody's business here: it is not followed. */
export function makeSymlink(
  folder: ConfinedFolder,
  name: ByteString,
  entry: TarEntry,
  owner: OwnerRule,
): void {
  const path = folder.pathOf(name);
  removeFile(path);
  symlinkSync(fromByteString(entry.linkPath), path);
  const whose = ownerOf(entry, owner);
  if (whose !== undefined) lchownSync(path, whose.uid, whose.gid);
  setTimes(path, entry.mtime);
}

/** A device or a FIFO. @throws LamellaError forbidden `EPERM` for devices, where this process is not root */
export function makeNodeEntry(
  folder: ConfinedFolder,
  name: ByteString,
  entry: TarEntry,
  owner: OwnerRule,
): void {
  const path = folder.pathOf(name);
  const type = entry.type === 'char' || entry.type === 'block' ? entry.type : 'fifo';
  removeFile(path);
  makeNode(path, type, 0o600, { major: entry.devMajor, minor: entry.devMinor });
  const fd = openSync(path, O_PATH | O_NOFOLLOW);
  try {
    // A process in the container may have put something else there meanwhile, whose bits are not for us to change.
    if ((fstatSync(fd).mode & constants.S_IFMT) !== formatOf(type)) return;
    setNodeMetadata(fd, entry, owner);
  } finally {
    closeSync(fd);
  }
  setTimes(path, entry.mtime);
}

function formatOf(type: 'char' | 'block' | 'fifo'): number {
  return { char: constants.S_IFCHR, block: constants.S_IFBLK, fifo: constants.S_IFIFO }[type];
}

/** A directory is left alone: what comes then fails for it. */
function removeFile(path: Buffer): void {
  try {
    unlinkSync(path);
  } catch (error) {
    if (!['ENOENT', 'EISDIR', 'EPERM'].includes(systemErrorCode(error) ?? '')) throw error;
  }
}
