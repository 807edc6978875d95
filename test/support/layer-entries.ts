import { displayByteString, toByteString, type ByteString } from '../../src/base/byte-string.ts';
import { LayerTree, type LayerTreeLimits } from '../../src/erofs/layer-tree.ts';
import type { FinishedTree } from '../../src/erofs/finished-tree.ts';
import { ErofsReader, memorySource, type ErofsInode } from '../../src/erofs/reader.ts';
import { walk } from '../../src/erofs/walk.ts';
import { writeErofs } from '../../src/erofs/writer.ts';
import type { TarEntry } from '../../src/tar/entry.ts';

type Fields = Partial<Omit<TarEntry, 'path' | 'linkPath' | 'xattrs' | 'mtime'>> & {
  readonly to?: string;
  readonly seconds?: number;
  readonly nanoseconds?: number;
  readonly xattrs?: Readonly<Record<string, string | Uint8Array>>;
};

/** An entry of a tar as the scanner would announce it; a path that ends in `/` is a directory, anything else a file. */
export function tarEntry(path: string | Uint8Array, fields: Fields = {}): TarEntry {
  const { to = '', seconds = 1_700_000_000, nanoseconds = 0, xattrs = {}, ...rest } = fields;
  const bytes =
    typeof path === 'string' ? toByteString(path) : (Buffer.from(path).toString('latin1') as ByteString);
  const size = fields.size ?? 0;
  return {
    type: bytes.endsWith('/') ? 'directory' : 'file',
    path: bytes,
    linkPath: toByteString(to),
    mode: bytes.endsWith('/') ? 0o755 : 0o644,
    uid: 0,
    gid: 0,
    uname: toByteString(''),
    gname: toByteString(''),
    size,
    mtime: { seconds, nanoseconds },
    devMajor: 0,
    devMinor: 0,
    xattrs: new Map(Object.entries(xattrs).map(([name, value]) => [toByteString(name), Buffer.from(value)])),
    dataOffset: 512,
    storedSize: size,
    sparse: undefined,
    ...rest,
  };
}

export function symlink(path: string, to: string, fields: Fields = {}): TarEntry {
  return tarEntry(path, { ...fields, type: 'symlink', to });
}

export function hardlink(path: string, to: string, fields: Fields = {}): TarEntry {
  return tarEntry(path, { ...fields, type: 'hardlink', to });
}

export interface BuiltLayer {
  readonly tree: FinishedTree;
  readonly index: Buffer;
  readonly reader: ErofsReader;
}

export function buildLayer(
  entries: Iterable<TarEntry>,
  options: LayerTreeLimits & { readonly tar?: Uint8Array; readonly tarSize?: number } = {},
): BuiltLayer {
  const { tar = new Uint8Array(0), tarSize = Math.max(tar.length, 1 << 20) } = options;
  const layer = new LayerTree(options);
  for (const entry of entries) layer.add(entry);
  const tree = layer.finish();
  const readTar = (offset: number, length: number): Uint8Array => tar.subarray(offset, offset + length);
  const index = Buffer.concat([...writeErofs(tree, { tarSize, readTar })]);
  return { tree, index, reader: new ErofsReader(memorySource(index)) };
}

/** A line for each thing in a layer: its path, a letter for what it is, and what matters of it. */
export function listing(reader: ErofsReader): string[] {
  return [...walk(reader)].map(
    ({ path, inode }) => `${path === '' ? '' : '/'}${displayByteString(path)}${describe(reader, inode)}`,
  );
}

function describe(reader: ErofsReader, inode: ErofsInode): string {
  const opaque = reader.xattrs(inode).has(toByteString('trusted.overlay.opaque')) ? ' opaque' : '';
  switch (inode.type) {
    case 'directory':
      return `/${opaque}`;
    case 'symlink':
      return ` -> ${displayByteString(reader.readlink(inode))}`;
    case 'char':
      return inode.rdev.major === 0 && inode.rdev.minor === 0
        ? ' whiteout'
        : ` c${inode.rdev.major}:${inode.rdev.minor}`;
    case 'file':
      return ` ${inode.size}${inode.nlink > 1 ? ` links ${inode.nlink}` : ''}`;
    default:
      return ` ${inode.type}`;
  }
}
