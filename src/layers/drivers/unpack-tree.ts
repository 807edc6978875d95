import {
  chmodSync,
  closeSync,
  constants,
  fchmodSync,
  fchownSync,
  ftruncateSync,
  lchownSync,
  linkSync,
  mkdirSync,
  openSync,
  symlinkSync,
  write,
} from 'node:fs';
import { promisify } from 'node:util';
import { fromByteString, toByteString, type ByteString } from '../../base/byte-string.ts';
import { isLamellaError, LamellaError, systemErrorCode } from '../../base/errors.ts';
import type { ErofsInode } from '../../erofs/reader.ts';
import { makeNode } from '../../linux/nodes.ts';
import { setOpenTimes, setTimes } from '../../linux/times.ts';
import { isInUserNamespace, lastMappedId } from '../../linux/user-namespace.ts';
import { setOpenXattr, setXattr } from '../../linux/xattr.ts';
import { openFolder, type ConfinedFolder } from '../../linux/confined-folder.ts';
import { createLimiter, type Limiter } from '../limiter.ts';
import type { OpenLayer } from '../open-layer.ts';

const { O_CREAT, O_EXCL, O_NOFOLLOW, O_WRONLY } = constants;
const writeAsync = promisify(write);

export interface UnpackOptions {
  /** How many files are written side by side; the tree is the same for any number. */
  readonly workers?: number;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Unpacks a layer into a new directory, as overlayfs wants a lower: whiteouts as devices 0:0, opaque directories by
 * attribute, both as the index has them.
 *
 * The tree comes from the index, in which no name leads anywhere; every directory is made here, held open, and filled by
 * names of one component that must not exist yet. Nothing is ever written through a symlink.
 */
export async function unpackTree(
  layer: OpenLayer,
  target: string,
  options: UnpackOptions = {},
): Promise<void> {
  mkdirSync(target, { mode: 0o700 });
  using root = openFolder(target);
  const files = createLimiter(options.workers ?? 4);
  const rights = isInUserNamespace() ? 'namespace' : 'machine';
  const unpacking: Unpacking = { layer, root, files, rights, links: new Map(), signal: options.signal };
  try {
    await fillFolder(unpacking, root, layer.index.root, '');
  } finally {
    await files.finish();
  }
  describe(unpacking, Buffer.from(target), layer.index.root);
}

/** Of the machine's root, or of a user namespace's. */
type Rights = 'machine' | 'namespace';

interface Unpacking {
  readonly rights: Rights;
  readonly layer: OpenLayer;
  readonly root: ConfinedFolder;
  readonly files: Limiter;
  /** By inode: the path of its first name, for those with several. */
  readonly links: Map<number, string>;
  readonly signal: AbortSignal | undefined;
}

async function fillFolder(
  unpacking: Unpacking,
  folder: ConfinedFolder,
  directory: ErofsInode,
  prefix: string,
): Promise<void> {
  const { index } = unpacking.layer;
  for (const { name, nid } of index.list(directory)) {
    unpacking.signal?.throwIfAborted();
    checkName(name);
    const inode = index.inode(nid);
    const path = prefix + name;
    if (inode.type === 'directory') {
      mkdirSync(folder.pathOf(name), { mode: 0o700 });
      using inner = folder.folder(name);
      if (inner === undefined) throw new Error(`a directory vanished while it was filled`);
      await fillFolder(unpacking, inner, inode, `${path}/`);
      describe(unpacking, folder.pathOf(name), inode);
    } else if (!tryLink(unpacking, folder, name, inode, path)) {
      await makeFile(unpacking, folder, name, inode);
    }
  }
}

/** Whether this was a further name of a file that is there. ext4 takes 65,000 names, so another file begins then. */
function tryLink(
  { root, links }: Unpacking,
  folder: ConfinedFolder,
  name: ByteString,
  inode: ErofsInode,
  path: string,
): boolean {
  if (inode.nlink < 2) return false;
  const first = links.get(inode.nid);
  if (first !== undefined) {
    try {
      linkSync(root.pathOf(first as ByteString), folder.pathOf(name));
      return true;
    } catch (error) {
      if (systemErrorCode(error) !== 'EMLINK') throw error;
    }
  }
  links.set(inode.nid, path);
  return false;
}

async function makeFile(
  unpacking: Unpacking,
  folder: ConfinedFolder,
  name: ByteString,
  inode: ErofsInode,
): Promise<void> {
  const { layer } = unpacking;
  const path = folder.pathOf(name);
  switch (inode.type) {
    case 'file': {
      const fd = openSync(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0o600);
      await unpacking.files.start(() => writeContent(layer, inode, fd, unpacking.rights));
      return;
    }
    case 'symlink':
      symlinkSync(fromByteString(layer.index.readlink(inode)), path);
      break;
    case 'char':
    case 'block':
    case 'fifo':
      if (!tryNode(unpacking, path, inode.type, inode.rdev)) return;
      break;
    case 'directory':
      throw new Error('a directory is not made here');
  }
  describe(unpacking, path, inode);
}

/** Whiteouts can be made by everybody, devices by the machine's root only: others do without, as with Podman. */
function tryNode(
  { rights }: Unpacking,
  path: Buffer,
  type: 'char' | 'block' | 'fifo',
  device: ErofsInode['rdev'],
): boolean {
  try {
    makeNode(path, type, 0o600, device);
    return true;
  } catch (error) {
    if (isLamellaError(error) && error.code === 'EPERM' && rights === 'namespace') return false;
    throw error;
  }
}

/** Owner, mode, attributes and times, in the order in which none undoes another. */
function describe({ layer, rights }: Unpacking, path: Buffer, inode: ErofsInode): void {
  own(inode, () => lchownSync(path, inode.uid, inode.gid));
  if (inode.type !== 'symlink') chmodSync(path, inode.mode);
  for (const [name, value] of xattrsOf(layer, inode, rights)) setXattr(path, name, value);
  setTimes(path, inode.mtime);
}

/** @throws LamellaError unsupported `id-not-mapped` */
function own({ uid, gid }: ErofsInode, action: () => void): void {
  try {
    action();
  } catch (error) {
    if (systemErrorCode(error) !== 'EINVAL') throw error;
    // Where the user has no other IDs, all is theirs.
    if (lastMappedId('uid') === 0) return;
    throw new LamellaError(
      'unsupported',
      `the image has files of ${uid}:${gid}, and the user namespace has no such IDs`,
      {
        code: 'id-not-mapped',
        hint: 'Set more IDs aside for this user in /etc/subuid and /etc/subgid, then end the processes of the namespace.',
        cause: error,
      },
    );
  }
}

/** In a user namespace overlayfs reads its marks under names that everybody may set, and others of root's are not to be had. */
function xattrsOf(
  layer: OpenLayer,
  inode: ErofsInode,
  rights: Rights,
): (readonly [ByteString, Uint8Array])[] {
  const xattrs = [...layer.index.xattrs(inode)];
  if (rights === 'machine') return xattrs;
  return xattrs.flatMap(([name, value]) => {
    if (name.startsWith('trusted.overlay.'))
      return [[toByteString(name.replace('trusted.', 'user.')), value] as const];
    return /^(user\.|security\.capability$)/.test(name) ? [[name, value] as const] : [];
  });
}

async function writeContent(layer: OpenLayer, inode: ErofsInode, fd: number, rights: Rights): Promise<void> {
  try {
    own(inode, () => fchownSync(fd, inode.uid, inode.gid));
    ftruncateSync(fd, inode.size);
    for (const { offset, length, from } of layer.index.extents(inode)) {
      if (from === 'hole') continue;
      let at = offset;
      for await (const piece of layer.content(inode, { start: offset, length })) {
        for (let done = 0; done < piece.byteLength;) {
          const { bytesWritten } = await writeAsync(fd, piece, done, piece.byteLength - done, at + done);
          done += bytesWritten;
        }
        at += piece.byteLength;
      }
    }
    fchmodSync(fd, inode.mode);
    for (const [name, value] of xattrsOf(layer, inode, rights)) setOpenXattr(fd, name, value);
    setOpenTimes(fd, inode.mtime);
  } finally {
    closeSync(fd);
  }
}

function checkName(name: ByteString): void {
  if (name !== '' && name !== '.' && name !== '..' && !/[/\0]/.test(name)) return;
  throw new LamellaError('corrupt', `the layer's index holds the name ${JSON.stringify(name)}`, {
    code: 'index-directory',
  });
}
