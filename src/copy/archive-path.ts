import { closeSync, constants, fstatSync, openSync, type BigIntStats } from 'node:fs';
import type { ByteString } from '../base/byte-string.ts';
import type { ByteStream } from '../base/streams.ts';
import { folderMembers } from '../layers/folder-members.ts';
import { writeTreeTar, type TreeMember, type TreeTarOptions } from '../layers/tree-tar.ts';
import { folderOf, type ConfinedFolder } from '../linux/confined-folder.ts';
import type { ConfinedRoot } from '../linux/confined-root.ts';
import { splitEntry } from './copy-paths.ts';

interface ArchiveOptions extends TreeTarOptions {
  /** Says of directories that their content is none of the tree: what the kernel makes up (/proc). */
  readonly isForeign?: ((status: BigIntStats) => boolean) | undefined;
}

/**
 * A tar of what a path names: a directory with all that is below it, or one file. A symlink is archived as itself,
 * unless a slash behind it says that the directory is meant.
 *
 * @param name what it is called in the archive; `.` for a directory gives its content, without the directory itself
 */
export async function* archivePath(
  root: ConfinedRoot,
  path: ByteString,
  name: ByteString,
  options: ArchiveOptions = {},
): ByteStream {
  yield* writeTreeTar(membersAt(root, path, name, options.isForeign), options);
}

function* membersAt(
  root: ConfinedRoot,
  path: ByteString,
  name: ByteString,
  isForeign: ArchiveOptions['isForeign'],
): Generator<TreeMember> {
  using directory = directoryAt(root, path);
  if (directory !== undefined) {
    const status = directory.status('.' as ByteString);
    if (status === undefined) return;
    const prefix = name === '/' ? '/' : `${name}/`;
    yield { path: prefix as ByteString, folder: directory, name: '.' as ByteString, status };
    yield* folderMembers(directory, prefix, isForeign);
    return;
  }
  const { folder: above, base } = splitEntry(path) as { folder: ByteString; base: ByteString };
  using folder = root.folder(above);
  const status = folder.status(base);
  if (status !== undefined && !status.isDirectory()) yield { path: name, folder, name: base, status };
}

/** The directory itself and not what was put in its place after it was looked at. */
function directoryAt(root: ConfinedRoot, path: ByteString): ConfinedFolder | undefined {
  const found = root.find(path);
  if (found === undefined) return undefined;
  try {
    if (!fstatSync(found).isDirectory()) return undefined;
    return folderOf(openSync(`/proc/self/fd/${found}/.`, constants.O_RDONLY | constants.O_DIRECTORY));
  } finally {
    closeSync(found);
  }
}
