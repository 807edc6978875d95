import { closeSync, readSync, type BigIntStats } from 'node:fs';
import { toByteString, type ByteString } from '../base/byte-string.ts';
import { LamellaError } from '../base/errors.ts';
import { unpackDevice } from '../linux/nodes.ts';
import type { TarTime } from '../tar/entry.ts';
import { getXattr } from '../linux/xattr.ts';
import { openFolder, type ConfinedFolder } from '../linux/confined-folder.ts';
import { fileTime } from './file-time.ts';
import type { LowerDirectory, LowerEntry } from './lower-view.ts';

/** `A` added, `C` changed, `D` deleted. */
export type ChangeKind = 'A' | 'C' | 'D';

export interface UpperChange {
  /** From the root, without a slash at its beginning: `etc/passwd`. */
  readonly path: ByteString;
  readonly kind: ChangeKind;
  /** Where and what it is now; undefined for what is deleted. Good until the next change is asked for. */
  readonly now:
    | { readonly folder: ConfinedFolder; readonly name: ByteString; readonly status: BigIntStats }
    | undefined;
}

export interface UpperOptions {
  /**
   * What counts as a change of a file that is in the upper directory and looks the same as below: nothing, which is what
   * `docker diff` says, or different content, too.
   */
  readonly compareContent: boolean;
  /**
   * Compare two trees as they are: whiteouts are devices like others, what is missing is deleted, and a directory is
   * told only for its own sake.
   */
  readonly verbatim?: boolean;
  /** Who owns a file is no matter: the trees of a user who has but one ID are all theirs. */
  readonly ignoreOwners?: boolean;
}

const S_IFMT = 0o170000;
const maxPath = 4095;
const opaqueNames: readonly ByteString[] = [
  toByteString('trusted.overlay.opaque'),
  toByteString('user.overlay.opaque'),
];
const capability = toByteString('security.capability');

/**
 * What an overlayfs upper directory changes of the tree below it, a directory before what is in it, names byte-wise.
 * The rules are those of `docker diff` (moby, ChangesDirs): a directory counts as changed when its owner or mode is, or
 * something in it; what a deleted directory held is not named one by one.
 */
export function* upperChanges(
  upper: string,
  lower: LowerDirectory,
  options: UpperOptions,
): Generator<UpperChange> {
  using root = openFolder(upper);
  yield* changesIn(root, '' as ByteString, lower, options.verbatim ?? false, options);
}

function* changesIn(
  folder: ConfinedFolder,
  prefix: ByteString,
  lower: LowerDirectory | undefined,
  covers: boolean,
  options: UpperOptions,
): Generator<UpperChange> {
  const names = new Set(folder.names());
  // Where the upper directory covers the lower one, all that it lacks is gone.
  const all = covers && lower !== undefined ? [...new Set([...names, ...lower.names()])].sort() : names;
  for (const name of all) {
    const path = (prefix + name) as ByteString;
    if (path.length > maxPath) {
      throw new LamellaError('invalid', 'a path in the container is longer than 4095 bytes', {
        code: 'path-too-long',
      });
    }
    const below = lower?.lookup(name);
    const status = names.has(name) ? folder.status(name) : undefined;
    if (status === undefined || (isWhiteout(status) && options.verbatim !== true)) {
      if (below !== undefined) yield { path, kind: 'D', now: undefined };
    } else if (status.isDirectory()) {
      yield* directoryChanges({ folder, name, status }, path, below, covers, options);
    } else if (below === undefined) {
      yield { path, kind: 'A', now: { folder, name, status } };
    } else if (
      differs(folder, name, status, below, options) ||
      (options.compareContent && !sameContent(folder, name, status, below))
    ) {
      yield { path, kind: 'C', now: { folder, name, status } };
    }
  }
}

function* directoryChanges(
  now: NonNullable<UpperChange['now']>,
  path: ByteString,
  below: LowerEntry | undefined,
  covers: boolean,
  options: UpperOptions,
): Generator<UpperChange> {
  const { folder, name, status } = now;
  let told = below === undefined || differs(folder, name, status, below, options);
  if (told) yield { path, kind: below === undefined ? 'A' : 'C', now };
  using inner = folder.folder(name);
  if (inner === undefined) return;
  const lower = below?.directory;
  const opaque = covers || (lower !== undefined && isOpaque(folder, name));
  for (const change of changesIn(inner, `${path}/` as ByteString, lower, opaque, options)) {
    if (!told && options.verbatim !== true) yield { path, kind: 'C', now };
    told = true;
    yield change;
  }
}

function isWhiteout(status: BigIntStats): boolean {
  return status.isCharacterDevice() && status.rdev === 0n;
}

function isOpaque(folder: ConfinedFolder, name: ByteString): boolean {
  return opaqueNames.some((xattr) => getXattr(folder.pathOf(name), xattr)?.toString('latin1') === 'y');
}

/** moby, statDifferent(): size and time count for anything but directories. */
function differs(
  folder: ConfinedFolder,
  name: ByteString,
  now: BigIntStats,
  below: LowerEntry,
  { ignoreOwners = false }: UpperOptions,
): boolean {
  const { status } = below;
  if (Number(now.mode) !== status.mode) return true;
  if (!ignoreOwners && (Number(now.uid) !== status.uid || Number(now.gid) !== status.gid)) return true;
  const type = status.mode & S_IFMT;
  if (type === 0o020000 || type === 0o060000) {
    const { major, minor } = unpackDevice(now.rdev);
    if (major !== status.rdev.major || minor !== status.rdev.minor) return true;
  }
  if (!now.isDirectory() && (Number(now.size) !== status.size || !sameTime(now.mtimeNs, status.mtime)))
    return true;
  return !sameBytes(getXattr(folder.pathOf(name), capability), below.xattr(capability));
}

/** Where one side has whole seconds only, as archives often do, nanoseconds do not count. */
function sameTime(nowNs: bigint, below: TarTime): boolean {
  const now = fileTime(nowNs);
  if (now.seconds !== below.seconds) return false;
  return now.nanoseconds === below.nanoseconds || now.nanoseconds === 0 || below.nanoseconds === 0;
}

function sameBytes(one: Uint8Array | undefined, other: Uint8Array | undefined): boolean {
  if (one === undefined || other === undefined) return one === other;
  return Buffer.compare(one, other) === 0;
}

function sameContent(
  folder: ConfinedFolder,
  name: ByteString,
  status: BigIntStats,
  below: LowerEntry,
): boolean {
  if (status.isSymbolicLink())
    return folder.readlink(name) === Buffer.from(below.read(0, Number(status.size))).toString('latin1');
  if (!status.isFile()) return true;
  const fd = folder.openFile(name);
  if (fd === undefined) return false;
  const buffer = Buffer.allocUnsafe(1 << 20);
  try {
    for (let offset = 0; ;) {
      const count = readSync(fd, buffer, 0, buffer.byteLength, offset);
      if (count === 0) return true;
      if (!sameBytes(buffer.subarray(0, count), below.read(offset, count))) return false;
      offset += count;
    }
  } finally {
    closeSync(fd);
  }
}
