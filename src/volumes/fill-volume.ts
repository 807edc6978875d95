import { mkdirSync, renameSync } from 'node:fs';
import type { ByteString } from '../base/byte-string.ts';
import { removeTree } from '../base/files.ts';
import { openFolder, type ConfinedFolder } from '../linux/confined-folder.ts';
import { syncFileSystem } from '../linux/syncfs.ts';
import { copyAttributes, copyTree, statusOf } from './copy-tree.ts';

interface Filling {
  /** The directory to fill. */
  readonly data: string;
  /** Where the copy is made, on the same file system: beside `data`, or in it where something else is mounted there. */
  readonly workshop: string;
  /** What fills it; undefined only ends what was begun. */
  readonly source: ConfinedFolder | undefined;
  /** Wait until the copy is on the disk. */
  readonly durable: boolean;
}

const filling = '.lamella-filling' as ByteString;
const filled = '.lamella-filled' as ByteString;

/**
 * Gives an empty volume a copy of `source`; one that holds anything stays as it is. The caller holds the volume's lock.
 *
 * The copy is made under a name of its own, gets another one when it is complete, and only then its parts move into the
 * volume. Whoever dies before that name leaves a volume that is still empty; whoever dies after it leaves one that the
 * next call completes.
 */
export async function fillVolume({ data, workshop, source, durable }: Filling): Promise<void> {
  using place = openFolder(workshop);
  using target = openFolder(data);
  if (place.status(filled) === undefined) {
    if (place.status(filling) !== undefined) await removeTree(textOf(place, filling));
    if (source === undefined || holdsAnything(target)) return;
    mkdirSync(place.pathOf(filling), { mode: 0o700 });
    using copy = demandFolder(place, filling);
    await copyTree(source, copy);
    if (durable) syncFileSystem(workshop);
    renameSync(place.pathOf(filling), place.pathOf(filled));
  }
  moveIn(place, target);
  await removeTree(textOf(place, filled));
}

function moveIn(place: ConfinedFolder, target: ConfinedFolder): void {
  using complete = demandFolder(place, filled);
  const status = statusOf(complete);
  for (const name of complete.names()) {
    // What a container has made meanwhile is newer.
    if (target.status(name) === undefined) renameSync(complete.pathOf(name), target.pathOf(name));
  }
  copyAttributes(complete, target, status);
}

function holdsAnything(folder: ConfinedFolder): boolean {
  return folder.names().some((name) => name !== filling && name !== filled);
}

function demandFolder(folder: ConfinedFolder, name: ByteString): ConfinedFolder {
  const found = folder.folder(name);
  if (found === undefined) throw new Error(`${name} of a volume is no directory`);
  return found;
}

function textOf(folder: ConfinedFolder, name: ByteString): string {
  return folder.pathOf(name).toString();
}
