import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isLamellaError, LamellaError, systemErrorCode } from '../base/errors.ts';
import { unlessMissing } from '../base/files.ts';
import type { ConfinedFolder } from '../linux/confined-folder.ts';
import { lockFile } from '../linux/flock.ts';
import { systemError } from '../linux/system-error.ts';
import { fillVolume } from './fill-volume.ts';
import { isMounted, mountVolume, unmountVolume } from './mount-volume.ts';
import { isAnonymous, needsMount } from './volume.ts';
import { usesFolder, volumePaths, type VolumeFolders } from './volume-paths.ts';
import type { VolumeStore, VolumeUse } from './volume-store.ts';

export interface UsedVolume {
  readonly store: VolumeStore;
  readonly folders: VolumeFolders;
  readonly containerId: string;
  readonly use: Pick<VolumeUse, 'volume' | 'target' | 'fill'>;
  /** Opens what the image has at that path of the container; undefined where it has nothing. The volume is filled with it. */
  readonly openSource: () => ConfinedFolder | undefined;
}

/**
 * Makes a volume ready for a container that starts: mounted where it has to be, filled where it was not yet. Nobody else
 * does that to the same volume meanwhile.
 *
 * @returns the directory that the container is to see
 * @throws LamellaError `error while mounting volume '…': …`, or filling it, with errno's name as code
 */
export async function useVolume({
  store,
  folders,
  containerId,
  use,
  openSource,
}: UsedVolume): Promise<string> {
  const volume = store.demand(use.volume);
  const { folder, data, lock, uses } = volumePaths(folders, volume.name);
  await using _ = await lockFile(lock);
  const mounts = needsMount(volume);
  if (mounts) {
    // Written first: who finds the mount without knowing of its user would take it away.
    mkdirSync(uses, { recursive: true, mode: 0o700 });
    writeFileSync(join(uses, containerId), '');
    if (!(await isMounted(data)))
      await mountVolume(volume, data).catch((error: unknown) => refuse(data, 'mounting', error));
  }
  using source = use.fill ? openSource() : undefined;
  const durable = !mounts && !isAnonymous(volume);
  await fillVolume({ data, workshop: mounts ? data : folder, source, durable }).catch((error: unknown) =>
    refuse(data, 'filling', error),
  );
  if (use.fill) store.setFilled(containerId, use.target);
  return data;
}

function refuse(data: string, doing: 'mounting' | 'filling', error: unknown): never {
  const { errno } = error instanceof Error ? (error as NodeJS.ErrnoException) : {};
  if (errno !== undefined) throw systemError(`error while ${doing} volume '${data}'`, -errno);
  if (!isLamellaError(error)) throw error;
  throw new LamellaError(error.kind, `error while ${doing} volume '${data}': ${error.message}`, {
    code: error.code,
  });
}

/** Unmounts what was mounted for this container and is needed by no other one. */
export async function releaseVolumes(folders: VolumeFolders, containerId: string): Promise<void> {
  for (const name of namesIn(usesFolder(folders)))
    await releaseVolume(folders, name, (id) => id !== containerId);
}

/**
 * Forgets the users of a volume that `isUsing` does not know, and unmounts it when none is left.
 */
export async function releaseVolume(
  folders: VolumeFolders,
  name: string,
  isUsing: (containerId: string) => boolean,
): Promise<void> {
  const { data, lock, uses } = volumePaths(folders, name);
  const users = namesIn(uses);
  if (users.every(isUsing)) return;
  const held = await unlessMissing(lockFile(lock));
  if (held === undefined) return rmSync(uses, { recursive: true, force: true });
  await using _ = held;
  const left = namesIn(uses).filter((id) => {
    if (isUsing(id)) return true;
    rmSync(join(uses, id), { force: true });
    return false;
  });
  if (left.length > 0) return;
  await unmountVolume(data);
  rmSync(uses, { recursive: true, force: true });
}

export function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch (error) {
    if (systemErrorCode(error) === 'ENOENT') return [];
    throw error;
  }
}
