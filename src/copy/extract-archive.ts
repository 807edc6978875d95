import { displayByteString, type ByteString } from '../base/byte-string.ts';
import { LamellaError } from '../base/errors.ts';
import type { ByteStream } from '../base/streams.ts';
import type { ConfinedFolder } from '../linux/confined-folder.ts';
import type { ConfinedRoot } from '../linux/confined-root.ts';
import type { TarEntry } from '../tar/entry.ts';
import { expandSparse } from '../tar/expand-sparse.ts';
import { readTar } from '../tar/read-tar.ts';
import { cleanPath, splitEntry } from './copy-paths.ts';
import { giveTo, setDirectoryMetadata, type OwnerRule } from './entry-metadata.ts';
import { makeHardLink, makeNodeEntry, makeSymlink, writeFileEntry } from './make-entry.ts';

export interface ExtractOptions {
  readonly owner: OwnerRule;
  /** Let a file take the place of an empty directory, and a directory that of a file. */
  readonly overwriteAnyType?: boolean;
  /** What messages call the directory; its path by default. */
  readonly shownAs?: string;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Unpacks a tar in a directory as Docker does: directories are merged, files are replaced, and neither takes the place
 * of the other. A file appears with its whole content or not at all.
 *
 * @param folder an existing directory in `root`. Members stay below it, except that symlinks on their way are followed as
 *   far as `root` follows them
 * @throws LamellaError invalid `copy-onto-directory`, `copy-onto-file`, `copy-outside`; as the scanner for a damaged tar
 */
export async function extractArchive(
  root: ConfinedRoot,
  folder: ByteString,
  archive: ByteStream,
  options: ExtractOptions,
): Promise<void> {
  const { owner, shownAs = displayByteString(folder), signal } = options;
  const directories: { path: ByteString; entry: TarEntry }[] = [];
  for await (const { entry, content } of readTar(archive)) {
    signal?.throwIfAborted();
    const inner = memberPath(entry.path, shownAs);
    if (inner === '.') continue;
    const path = below(folder, inner);
    const [above, name] = split(path);
    using parent = root.makeFolder(above, 0o755, (made) => giveTo(made, owner));
    if (options.overwriteAnyType !== true) refuseOtherType(parent, name, entry, inner, shownAs);
    if (entry.type === 'directory') {
      // Its own bits come last: they may be such that nothing could be put into it.
      root.makeFolder(path, 0o700)[Symbol.dispose]();
      directories.push({ path, entry });
    } else if (entry.type === 'file') {
      await writeFileEntry(parent, name, entry, expandSparse(entry, content), owner);
    } else if (entry.type === 'hardlink') {
      const [targetFolder, target] = split(below(folder, memberPath(entry.linkPath, shownAs)));
      using from = root.folder(targetFolder);
      makeHardLink(from, target, parent, name);
    } else if (entry.type === 'symlink') {
      makeSymlink(parent, name, entry, owner);
    } else {
      makeNodeEntry(parent, name, entry, owner);
    }
  }
  for (const { path, entry } of directories.reverse()) {
    using made = root.folder(path);
    setDirectoryMetadata(made, entry, owner);
  }
}

/** Clean and relative; `.` of the folder itself. */
function memberPath(path: ByteString, shownAs: string): ByteString {
  const clean = cleanPath(path.replace(/^\/+/, ''));
  if (clean !== '..' && !clean.startsWith('../')) return clean as ByteString;
  throw new LamellaError('invalid', `${quoted(path)} is outside of ${JSON.stringify(shownAs)}`, {
    code: 'copy-outside',
  });
}

/** Without a slash at its beginning, so that it is taken from the root also where the root is not to be left at all. */
function below(folder: ByteString, inner: ByteString): ByteString {
  return cleanPath(`/${folder}/${inner}`).slice(1) as ByteString;
}

function split(path: ByteString): [above: ByteString, name: ByteString] {
  const { folder, base } = splitEntry(`/${path}`);
  return [folder.slice(1) as ByteString, base as ByteString];
}

function refuseOtherType(
  parent: ConfinedFolder,
  name: ByteString,
  entry: TarEntry,
  inner: ByteString,
  shownAs: string,
): void {
  const present = parent.status(name);
  if (present === undefined || present.isDirectory() === (entry.type === 'directory')) return;
  const [what, code] = present.isDirectory()
    ? [`directory ${quoted(inner)} with non-directory`, 'copy-onto-directory']
    : [`non-directory ${quoted(inner)} with directory`, 'copy-onto-file'];
  throw new LamellaError('invalid', `cannot overwrite ${what} ${JSON.stringify(shownAs)}`, { code });
}

function quoted(path: ByteString): string {
  return JSON.stringify(displayByteString(path));
}
