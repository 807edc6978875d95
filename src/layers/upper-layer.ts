import type { ByteString } from '../base/byte-string.ts';
import type { ByteStream } from '../base/streams.ts';
import { openFolder } from '../linux/confined-folder.ts';
import { folderMembers } from './folder-members.ts';
import type { LowerDirectory } from './lower-view.ts';
import { writeTreeTar, type TreeMember, type TreeTarOptions } from './tree-tar.ts';
import { upperChanges, type ChangeKind } from './upper-changes.ts';

export interface Change {
  /** From the root, with a slash at its beginning: `/etc/passwd`. */
  readonly path: ByteString;
  readonly kind: ChangeKind;
}

/** What `docker diff` says of a container: its upper directory against what is below; a directory before its content. */
export function* listChanges(upper: string, lower: LowerDirectory): Generator<Change> {
  for (const { path, kind } of upperChanges(upper, lower, { compareContent: false })) {
    yield { path: `/${path}` as ByteString, kind };
  }
}

/**
 * An overlayfs upper directory as a layer (OCI image-spec, layer.md): what changed, the directories on the way, and a
 * whiteout for each file that is gone. A directory that replaced another has whiteouts for what it lacks instead of the
 * mark for opaque directories, as the specification advises. What lies in `upper` unchanged, content included, is left out.
 */
export function writeUpperLayer(
  upper: string,
  lower: LowerDirectory,
  options: TreeTarOptions = {},
): ByteStream {
  return writeTreeTar(changedMembers(upper, lower), options);
}

function* changedMembers(upper: string, lower: LowerDirectory): Generator<TreeMember> {
  for (const { path, now } of upperChanges(upper, lower, { compareContent: true })) {
    yield now === undefined ? { path, whiteout: true } : { path, ...now };
  }
}

/** A whole directory tree as a tar: what `docker export` gives of a container's mounted root. */
export function exportTree(root: string, options: TreeTarOptions = {}): ByteStream {
  return writeTreeTar(allMembers(root), options);
}

function* allMembers(root: string): Generator<TreeMember> {
  using folder = openFolder(root);
  yield* folderMembers(folder, '');
}
