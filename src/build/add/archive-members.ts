import type { ByteString } from '../../base/byte-string.ts';
import type { ByteStream } from '../../base/streams.ts';
import type { LowerDirectory, LowerEntry } from '../../layers/lower-view.ts';
import { decompress } from '../../tar/compression.ts';
import type { TarEntry, TarTime } from '../../tar/entry.ts';
import { expandSparse } from '../../tar/expand-sparse.ts';
import { readTar } from '../../tar/read-tar.ts';
import { formatTarHeader, tarPadding } from '../../tar/writer.ts';
import { isSymlink, resolvePath, treeOf, type Tree } from '../tree/find-entry.ts';
import { joinPath, normalize } from '../tree/paths.ts';
import { contentOf } from './local-archive.ts';

/** An archive that ADD unpacks. */
export interface AddedArchive {
  readonly entry: LowerEntry;
  /** The directory that it is unpacked into, links followed. */
  readonly destination: readonly ByteString[];
  /** Of everything in it; undefined keeps what the archive says. */
  readonly owner: { readonly uid: number; readonly gid: number } | undefined;
}

/**
 * An archive's members as members of the layer, below the destination. Whatever their names and links say, they end up in
 * there: `..` stops at the destination, and a link on the way is followed inside of the image, unless the archive itself
 * puts something else in its place.
 *
 * @param base what the layer goes on top of
 * @param timeOf what time a member gets, by the one that it has
 */
export async function* archiveMembers(
  { entry, destination, owner }: AddedArchive,
  base: LowerDirectory,
  timeOf: (time: TarTime) => TarTime,
  signal: AbortSignal | undefined,
): ByteStream {
  const place = placeFinder(base, destination);
  for await (const { entry: member, content } of readTar(decompress(contentOf(entry), { signal }))) {
    const path = place.of(member);
    if (path === '') continue;
    const isFile = member.type === 'file';
    yield formatTarHeader({
      type: member.type,
      path,
      linkPath: member.type === 'hardlink' ? place.ofTarget(member.linkPath) : member.linkPath,
      mode: member.mode,
      uid: owner?.uid ?? member.uid,
      gid: owner?.gid ?? member.gid,
      size: isFile ? member.size : 0,
      mtime: timeOf(member.mtime),
      devMajor: member.devMajor,
      devMinor: member.devMinor,
      xattrs: member.xattrs,
    });
    if (!isFile) continue;
    yield* expandSparse(member, content);
    yield tarPadding(member.size);
  }
}

interface PlaceFinder {
  /** Where a member goes; '' for the destination itself. */
  of(member: TarEntry): ByteString;
  ofTarget(linkPath: ByteString): ByteString;
}

function placeFinder(base: LowerDirectory, destination: readonly ByteString[]): PlaceFinder {
  const below = treeOf(base);
  /** What the archive has put where a link of the base was: no link any more. */
  const replaced = new Set<ByteString>();
  const tree: Tree = {
    lookup(parts) {
      const found = below.lookup(parts);
      return isSymlink(found) && replaced.has(joinPath(parts)) ? undefined : found;
    },
  };
  const resolved = (path: ByteString): ByteString[] => {
    const inside = normalize(path.split('/') as ByteString[]);
    return resolvePath(tree, [...destination, ...inside], false);
  };
  return {
    of(member) {
      const parts = resolved(member.path);
      const path = joinPath(parts);
      if (parts.length <= destination.length) return '' as ByteString;
      replaced.add(path);
      return path;
    },
    ofTarget: (linkPath) => joinPath(resolved(linkPath)),
  };
}
