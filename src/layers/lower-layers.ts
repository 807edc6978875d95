import type { ByteString } from '../base/byte-string.ts';
import { byteString, toByteString } from '../base/byte-string.ts';
import type { ErofsInode, ErofsType } from '../erofs/reader.ts';
import type { LowerNode } from './lower-view.ts';
import type { OpenLayer } from './open-layer.ts';

const typeBits: Readonly<Record<ErofsType, number>> = {
  file: 0o100000,
  directory: 0o040000,
  symlink: 0o120000,
  char: 0o020000,
  block: 0o060000,
  fifo: 0o010000,
};
const opaque = toByteString('trusted.overlay.opaque');

interface Peekable extends Pick<OpenLayer, 'index' | 'readTar'> {
  /** Tells it from other layers. */
  readonly name: string;
}

/** The root of a layer, for joining it with others. Good as long as the layer is open. */
export function layerNode(layer: Peekable, inode: ErofsInode = layer.index.root): LowerNode {
  const { index } = layer;
  return {
    status: {
      mode: typeBits[inode.type] | inode.mode,
      uid: inode.uid,
      gid: inode.gid,
      size: inode.size,
      mtime: inode.mtime,
      rdev: inode.rdev,
    },
    isOpaque: () => index.xattrs(inode).has(opaque),
    xattr: (name) => index.xattrs(inode).get(name),
    xattrs: () => index.xattrs(inode),
    identity: inode.type !== 'directory' && inode.nlink > 1 ? `${layer.name}:${inode.nid}` : undefined,
    readlink: () => byteString(readBytes(layer, inode, 0, inode.size)),
    lookup(name) {
      const entry = index.lookup(inode, name);
      return entry && layerNode(layer, index.inode(entry.nid));
    },
    *names(): Generator<ByteString> {
      for (const entry of index.list(inode)) yield entry.name;
    },
    read: (offset, length) => readBytes(layer, inode, offset, length),
  };
}

function readBytes(layer: Peekable, inode: ErofsInode, offset: number, length: number): Uint8Array {
  const end = Math.min(inode.size, offset + length);
  const bytes = Buffer.alloc(Math.max(0, end - offset));
  for (const extent of layer.index.extents(inode)) {
    const from = Math.max(extent.offset, offset);
    const to = Math.min(extent.offset + extent.length, end);
    if (from >= to || extent.from === 'hole') continue;
    const at = extent.at + from - extent.offset;
    const part = extent.from === 'tar' ? layer.readTar(at, to - from) : layer.index.readIndex(at, to - from);
    bytes.set(part, from - offset);
  }
  return bytes;
}
