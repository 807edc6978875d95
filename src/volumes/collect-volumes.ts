import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { removeTree, renameIfThere } from '../base/files.ts';
import type { Database } from '../db/database.ts';
import { readMountTable } from '../linux/mount-table.ts';
import { namesIn, releaseVolume } from './use-volume.ts';
import { removedPrefix, usesFolder, volumesFolder, type VolumeFolders } from './volume-paths.ts';
import type { VolumeStore } from './volume-store.ts';

interface Collection {
  readonly store: VolumeStore;
  readonly db: Database;
  readonly folders: VolumeFolders;
  /** Whether that container may be using volumes now. */
  readonly isUsing: (containerId: string) => boolean;
}

/**
 * Takes away what crashes have left of volumes: mounts that no container uses any more, directories without a name in the
 * database, and what was being deleted.
 */
export async function collectVolumes({ store, db, folders, isUsing }: Collection): Promise<void> {
  for (const name of namesIn(usesFolder(folders))) await releaseVolume(folders, name, isUsing);
  const folder = volumesFolder(folders);
  const strays = namesIn(folder).filter((name) => name.startsWith(removedPrefix) || !store.get(name));
  if (strays.length === 0) return;
  const mounted = (await readMountTable()).map(({ target }) => target);
  for (const name of strays) {
    // What is mounted inside is not the volume's to delete.
    if (mounted.some((target) => target.startsWith(`${join(folder, name)}/`))) continue;
    const removed = name.startsWith(removedPrefix) ? join(folder, name) : loseName(db, store, folder, name);
    if (removed !== undefined) await removeTree(removed);
  }
}

/** Under the write lock, so that nobody gives the directory its name just now. */
function loseName(db: Database, store: VolumeStore, folder: string, name: string): string | undefined {
  const removed = join(folder, removedPrefix + randomBytes(8).toString('hex'));
  const isStray = db.transaction(
    () => store.get(name) === undefined && renameIfThere(join(folder, name), removed),
    { durable: false },
  );
  return isStray ? removed : undefined;
}
