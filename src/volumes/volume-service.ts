import { randomBytes } from 'node:crypto';
import { chmodSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { LamellaError } from '../base/errors.ts';
import { removeTree, renameIfThere } from '../base/files.ts';
import type { Database } from '../db/database.ts';
import type { RecordEvent } from '../events/event-log.ts';
import { readMountTable } from '../linux/mount-table.ts';
import { collectVolumes } from './collect-volumes.ts';
import { unmountVolume } from './mount-volume.ts';
import { releaseVolume, releaseVolumes, useVolume, type UsedVolume } from './use-volume.ts';
import {
  anonymousVolume,
  checkName,
  checkOptions,
  needsMount,
  type Volume,
  type VolumeRequest,
} from './volume.ts';
import { removedPrefix, volumePaths, volumesFolder, type VolumeFolders } from './volume-paths.ts';
import { createVolumeStore, type VolumeUse } from './volume-store.ts';

export interface VolumeServiceDeps {
  readonly db: Database;
  readonly folders: VolumeFolders;
  readonly record: RecordEvent;
  readonly now?: () => number;
}

/**
 * Volumes: directories with names, which outlive the containers that use them. The database says which there are and
 * who has them; a directory is made and renamed away under its write lock, so that a name and its content never part.
 *
 *     const { name } = volumes.create({ name: 'data', driver: 'local', labels: {}, options: {} });
 *     volumes.attach(containerId, [{ volume: name, target: '/data', named: true, fill: true }]);
 *     const path = await volumes.use(containerId, { volume: name, target: '/data' }, openSource);
 *     await volumes.release(containerId);
 */
export interface VolumeService {
  /**
   * Makes a volume; one that is there already stays as it is. Also inside a transaction.
   *
   * @throws LamellaError invalid `volume-invalid`, `volume-options-invalid`; not-found `volume-driver-not-found`
   */
  create(request: VolumeRequest): Volume;
  /** A name for a volume that nobody gives one, and its label. */
  anonymous(request?: Partial<VolumeRequest>): VolumeRequest;
  /** @throws LamellaError not-found `volume-not-found` */
  get(name: string): Volume;
  /** Sorted by name. */
  list(): Volume[];
  /** What a container sees of it. */
  dataFolder(name: string): string;
  /** How many containers have each volume, whether they run or not. */
  links(): ReadonlyMap<string, number>;
  /**
   * Removes it with its content.
   *
   * @param options.force one that is not there is no error
   * @throws LamellaError conflict `volume-in-use`, not-found `volume-not-found`
   */
  remove(name: string, options?: { force?: boolean }): Promise<void>;
  /** Says which volumes a container has; in the transaction that makes the container. */
  attach(containerId: string, uses: readonly VolumeUse[]): void;
  /** The volumes that a container has. */
  uses(containerId: string): VolumeUse[];
  /** Makes a volume's content appear for a container that starts, and fills it where that is due. @returns its directory */
  use(containerId: string, use: UsedVolume['use'], openSource: UsedVolume['openSource']): Promise<string>;
  /** The container runs no more: what was mounted for it alone is unmounted. */
  release(containerId: string): Promise<void>;
  /** Removes what crashes have left. @param isUsing whether that container may be using volumes now */
  collect(isUsing: (containerId: string) => boolean): Promise<void>;
}

export function createVolumeService({
  db,
  folders,
  record,
  now = Date.now,
}: VolumeServiceDeps): VolumeService {
  const store = createVolumeStore(db);

  function makeFolder(name: string): void {
    const { data } = volumePaths(folders, name);
    mkdirSync(volumesFolder(folders), { recursive: true, mode: 0o711 });
    if (mkdirSync(data, { recursive: true, mode: 0o755 }) !== undefined) chmodSync(data, 0o755);
  }

  function inUse(name: string, users: readonly string[]): LamellaError {
    return new LamellaError('conflict', `remove ${name}: volume is in use - [${users.join(', ')}]`, {
      code: 'volume-in-use',
    });
  }

  function refuseIfUsed(name: string): void {
    const users = store.containersOf(name);
    if (users.length > 0) throw inUse(name, users);
  }

  function create(request: VolumeRequest): Volume {
    checkName(request);
    return db.transaction(() => {
      const known = store.get(request.name);
      if (known !== undefined) return known;
      checkOptions(request);
      const volume: Volume = { ...request, createdAt: now() };
      store.insert(volume);
      makeFolder(volume.name);
      record({
        type: 'volume',
        action: 'create',
        actor: { id: volume.name, attributes: { driver: volume.driver } },
      });
      return volume;
    });
  }

  async function remove(name: string, { force = false }: { force?: boolean } = {}): Promise<void> {
    if (force && store.get(name) === undefined) return;
    const volume = store.demand(name);
    refuseIfUsed(name);
    await releaseVolume(folders, name, () => false);
    const { folder, data } = volumePaths(folders, name);
    if (needsMount(volume)) await unmountVolume(data);
    const removed = join(volumesFolder(folders), removedPrefix + randomBytes(8).toString('hex'));
    // Whatever is mounted inside is not the volume's to delete.
    if ((await readMountTable()).some(({ target }) => target.startsWith(`${folder}/`))) {
      throw new LamellaError('conflict', `remove ${name}: device or resource busy`, { code: 'volume-busy' });
    }
    const isGone = db.transaction(() => {
      refuseIfUsed(name);
      if (store.get(name) === undefined) return false;
      store.delete(name);
      record({
        type: 'volume',
        action: 'destroy',
        actor: { id: name, attributes: { driver: volume.driver } },
      });
      return renameIfThere(folder, removed);
    });
    if (isGone) await removeTree(removed);
  }

  return {
    create,
    anonymous: (request) => anonymousVolume(randomBytes(32).toString('hex'), request),
    get: (name) => store.demand(name),
    list: () => store.list(),
    dataFolder: (name) => volumePaths(folders, name).data,
    links: () => store.links(),
    remove,
    attach: (containerId, uses) => uses.forEach((use) => store.addUse(containerId, use)),
    uses: (containerId) => store.uses(containerId),
    async use(containerId, use, openSource) {
      makeFolder(use.volume);
      return await useVolume({ store, folders, containerId, use, openSource });
    },
    release: (containerId) => releaseVolumes(folders, containerId),
    collect: (isUsing) => collectVolumes({ store, db, folders, isUsing }),
  };
}
