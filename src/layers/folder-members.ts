import type { BigIntStats } from 'node:fs';
import type { ByteString } from '../base/byte-string.ts';
import type { ConfinedFolder } from '../linux/confined-folder.ts';
import type { TreeMember } from './tree-tar.ts';

/**
 * All that is below an open directory, a directory before its content, never through a symlink.
 *
 * @param prefix what stands before each name: '' or ends in a slash
 * @param isForeign says of which directories the content does not belong to the tree
 */
export function* folderMembers(
  folder: ConfinedFolder,
  prefix: string,
  isForeign: (status: BigIntStats) => boolean = () => false,
): Generator<TreeMember> {
  for (const name of folder.names()) {
    const status = folder.status(name);
    if (status === undefined) continue;
    const path = (prefix + name) as ByteString;
    yield { path, folder, name, status };
    if (!status.isDirectory() || isForeign(status)) continue;
    using inner = folder.folder(name);
    if (inner !== undefined) yield* folderMembers(inner, `${path}/`, isForeign);
  }
}
