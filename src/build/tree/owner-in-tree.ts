import type { ByteString } from '../../base/byte-string.ts';
import type { LowerDirectory } from '../../layers/lower-view.ts';
import { resolveUser } from '../../runtime/spec/user.ts';
import { unpackedType } from '../copy/member-type.ts';
import { resolvePath, treeOf } from './find-entry.ts';

/** Most that is read of /etc/passwd and /etc/group, in bytes. */
const limit = 16 << 20;

/**
 * Who `user[:group]` is, by the files of the tree; a user alone gives the group of the same number.
 *
 * @throws LamellaError invalid `user-unknown`, `user-invalid`
 */
export function ownerInTree(root: LowerDirectory, text: string): { uid: number; gid: number } {
  const files = { passwd: textAt(root, 'passwd'), group: textAt(root, 'group') };
  const { uid, gid } = resolveUser(text, files);
  return { uid, gid: /^\d+$/.test(text) ? uid : gid };
}

function textAt(root: LowerDirectory, name: string): string {
  const tree = treeOf(root);
  const entry = tree.lookup(resolvePath(tree, ['etc', name] as ByteString[]));
  if (entry === undefined || unpackedType(entry.status.mode) !== 'file') return '';
  return Buffer.from(entry.read(0, Math.min(entry.status.size, limit))).toString('utf8');
}
