import { closeSync, mkdirSync, openSync, readlinkSync, statSync } from 'node:fs';
import { fromByteString, toByteString, type ByteString } from '../base/byte-string.ts';
import { systemErrorCode } from '../base/errors.ts';
import { bindMountAt } from '../linux/bind-mount.ts';
import { confinedRoot, openRootFolder, type ConfinedRoot } from '../linux/confined-root.ts';
import { MNT_DETACH, umount } from '../linux/mount.ts';
import type { ContainerPaths } from './container-paths.ts';
import type { RuntimeMount } from './spec/oci-spec.ts';

/** A directory or file of the machine that a container sees at `destination`. */
export interface BoundPath {
  readonly source: string;
  readonly destination: string;
  readonly readOnly: boolean;
}

/** What a container finds of the machine's files, outer places before the places inside them. */
export function boundPaths(
  files: ContainerPaths['files'],
  mounts: readonly RuntimeMount[],
): readonly BoundPath[] {
  const asked = mounts
    .filter(({ type }) => type === 'bind')
    .map(({ source, destination, options }) => ({
      source,
      destination,
      readOnly: options.includes('ro') || options.includes('rro'),
    }));
  const taken = new Set(asked.map(({ destination }) => destination));
  const own = [
    { source: files.resolvConf, destination: '/etc/resolv.conf', readOnly: false },
    { source: files.hosts, destination: '/etc/hosts', readOnly: false },
    { source: files.hostname, destination: '/etc/hostname', readOnly: false },
  ].filter(({ destination }) => !taken.has(destination));
  const depth = ({ destination }: BoundPath): number => destination.split('/').length;
  return [...own, ...asked.sort((a, b) => depth(a) - depth(b))];
}

/**
 * Mounts in the root of a container that does not run what it would find there if it did; disposing takes it away again.
 * A symlink of the image on the way stays inside the root.
 *
 * @param paths outer places before the places inside them; those whose source is gone are left out
 */
export function mountInRoot(merged: string, paths: readonly BoundPath[]): Disposable {
  const mounted = new DisposableStack();
  const fd = openRootFolder(merged);
  try {
    const root = confinedRoot(fd, 'inside');
    for (const { source, destination, readOnly } of paths) {
      const isDirectory = statSync(source, { throwIfNoEntry: false })?.isDirectory();
      if (isDirectory === undefined) continue;
      const path = toByteString(destination);
      const target = placeFor(root, path, isDirectory);
      try {
        bindMountAt(source, target, { readOnly });
        const where = readlinkSync(`/proc/self/fd/${target}`, { encoding: 'buffer' });
        mounted.defer(() => umount(where, { flags: MNT_DETACH }));
      } finally {
        closeSync(target);
      }
    }
    return mounted;
  } catch (error) {
    mounted.dispose();
    throw error;
  } finally {
    closeSync(fd);
  }
}

/** What the mount covers, made where it is missing as a start would make it. */
function placeFor(root: ConfinedRoot, destination: ByteString, isDirectory: boolean): number {
  const present = root.find(destination, { follow: true });
  if (present !== undefined) return present;
  const path = root.resolve(destination);
  const slash = path.lastIndexOf('/');
  const name = path.slice(slash + 1) as ByteString;
  using folder = root.makeFolder(path.slice(0, slash) as ByteString, 0o755);
  try {
    if (isDirectory) mkdirSync(folder.pathOf(name), 0o755);
    else closeSync(openSync(folder.pathOf(name), 'wx', 0o644));
  } catch (error) {
    if (systemErrorCode(error) !== 'EEXIST') throw error;
  }
  const made = root.find(path, { follow: true });
  if (made !== undefined) return made;
  throw new Error(`${String(fromByteString(path))} of the container leads nowhere`);
}
