import {
  chmodSync,
  chownSync,
  closeSync,
  lstatSync,
  mkdirSync,
  utimesSync,
  writeFileSync,
  type Stats,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { displayByteString, toByteString } from '../base/byte-string.ts';
import { confinedRoot, openRootFolder } from '../linux/confined-root.ts';

/** A path in a container on which something is mounted. */
export interface MountPlace {
  readonly path: string;
  readonly directory: boolean;
}

/** What every container mounts something on. In a directory that is missing, the runtime would make it in the upper. */
const usual: readonly MountPlace[] = [
  { path: 'dev', directory: true },
  { path: 'proc', directory: true },
  { path: 'sys', directory: true },
  { path: 'etc/hosts', directory: false },
  { path: 'etc/hostname', directory: false },
  { path: 'etc/resolv.conf', directory: false },
];

/**
 * Makes, in the new folder `init`, the mount points that an image lacks. As one more lower layer they keep out of the
 * container's own changes: neither `diff` nor `commit` shows them. The folder stays empty where nothing is missing.
 *
 * @param root the image's layers, mounted
 * @param more where something is mounted besides
 */
export function makeMissingMountPoints(root: string, init: string, more: readonly MountPlace[] = []): void {
  mkdirSync(init, { recursive: true, mode: 0o755 });
  const asked = more.flatMap(({ path, directory }) => placesOnTheWay(root, path, directory));
  const places = new Map([...usual, ...asked].map((place) => [place.path, place]));
  const missing = [...places.values()].filter(({ path }) => needsPlace(root, path));
  if (missing.length === 0) return;
  makeLike(root, init, '.');
  for (const { path, directory } of missing) {
    for (const parent of above(path)) makeLike(root, init, parent);
    if (directory) mkdirSync(join(init, path), { recursive: true, mode: 0o755 });
    else writeFileSync(join(init, path), '', { mode: 0o755 });
  }
  // Making what is inside has changed these times.
  for (const path of new Set(['.', ...missing.flatMap(({ path }) => above(path))]))
    copyTimes(root, init, path);
}

/** A symlink, even one that leads nowhere, is left to the runtime; so is what stands below something that is no directory. */
function needsPlace(root: string, path: string): boolean {
  const parent = statOf(join(root, dirname(path)));
  if (parent !== undefined && !parent.isDirectory()) return false;
  return statOf(join(root, path)) === undefined;
}

/**
 * The path and all that lies above it, symlinks followed inside of the root; nothing for what the runtime mounts over. What
 * comes out has no symlink in it.
 */
function placesOnTheWay(root: string, path: string, directory: boolean): MountPlace[] {
  const folder = openRootFolder(root);
  try {
    const parts = displayByteString(confinedRoot(folder, 'inside').resolve(toByteString(path)))
      .split('/')
      .filter((part) => part !== '');
    if (['dev', 'proc', 'sys'].includes(parts[0] ?? '')) return [];
    return parts.map((_, index) => ({
      path: parts.slice(0, index + 1).join('/'),
      directory: directory || index < parts.length - 1,
    }));
  } finally {
    closeSync(folder);
  }
}

/** The directories that a path lies in, the outermost first, without the root. */
function above(path: string): string[] {
  const parts = path.split('/').slice(0, -1);
  return parts.map((_, index) => parts.slice(0, index + 1).join('/'));
}

/** overlayfs shows a directory as the topmost layer has it, so ours must not differ from the image's. */
function makeLike(root: string, init: string, path: string): void {
  const target = join(init, path);
  mkdirSync(target, { recursive: true, mode: 0o755 });
  const model = statOf(join(root, path));
  if (model === undefined) return;
  chownSync(target, model.uid, model.gid);
  chmodSync(target, model.mode & 0o7777);
}

function copyTimes(root: string, init: string, path: string): void {
  const model = statOf(join(root, path));
  if (model !== undefined) utimesSync(join(init, path), model.atime, model.mtime);
}

function statOf(path: string): Stats | undefined {
  return lstatSync(path, { throwIfNoEntry: false });
}
