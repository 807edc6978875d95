import { chmodSync, chownSync, lstatSync, mkdirSync, utimesSync, writeFileSync, type Stats } from 'node:fs';
import { dirname, join } from 'node:path';

/** What every container mounts something on. In a directory that is missing, the runtime would make it in the upper. */
const places = [
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
 */
export function makeMissingMountPoints(root: string, init: string): void {
  mkdirSync(init, { recursive: true, mode: 0o755 });
  const missing = places.filter(({ path }) => needsPlace(root, path));
  if (missing.length === 0) return;
  makeLike(root, init, '.');
  for (const { path, directory } of missing) {
    const parent = dirname(path);
    if (parent !== '.') makeLike(root, init, parent);
    if (directory) mkdirSync(join(init, path), { recursive: true, mode: 0o755 });
    else writeFileSync(join(init, path), '', { mode: 0o755 });
  }
  // Making what is inside has changed these times.
  for (const path of new Set(['.', ...missing.map(({ path }) => dirname(path))])) copyTimes(root, init, path);
}

/** A symlink, even one that leads nowhere, is left to the runtime; so is what stands below something that is no directory. */
function needsPlace(root: string, path: string): boolean {
  const parent = statOf(join(root, dirname(path)));
  if (parent !== undefined && !parent.isDirectory()) return false;
  return statOf(join(root, path)) === undefined;
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
