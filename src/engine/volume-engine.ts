import { createEventRecorder } from '../events/event-log.ts';
import { booleanFilter } from '../images/filters.ts';
import { isLamellaError } from '../base/errors.ts';
import { writableSize } from '../runtime/writable-size.ts';
import { createVolumeService } from '../volumes/volume-service.ts';
import { isAnonymous, needsMount, type Volume } from '../volumes/volume.ts';
import { requireWritable, type Store } from './store.ts';
import type { VolumeEngine, VolumeSummary } from './ports/volume-engine.ts';
import { pretendRemoved } from './pretend-removed.ts';
import { filterVolumes } from './volume-filters.ts';

/** Volumes, as commands and the API see them. */
export function createVolumeEngine(store: Store): VolumeEngine {
  const { db, settings } = store;
  const record = createEventRecorder(db);
  const folders = {
    root: settings.root,
    get run() {
      return settings.runFolder;
    },
  };
  const volumes = createVolumeService({ db, folders, record });
  const summaryOf = ({ name, driver, createdAt, labels, options }: Volume): VolumeSummary => ({
    CreatedAt: new Date(createdAt).toISOString().replace(/\.\d+Z$/, 'Z'),
    Driver: driver,
    Labels: orNull(labels),
    Mountpoint: volumes.dataFolder(name),
    Name: name,
    Options: orNull(options),
    Scope: 'local',
  });

  return {
    async create({ name = '', driver = 'local', labels = {}, options = {} }) {
      requireWritable(store);
      const request = { name, driver, labels, options };
      return await Promise.resolve(
        summaryOf(volumes.create(name === '' ? volumes.anonymous({ driver, labels, options }) : request)),
      );
    },
    async list({ filters = {} } = {}) {
      const known = filterVolumes(volumes.list(), filters, {
        keys: ['name', 'label', 'driver', 'dangling'],
        links: volumes.links(),
      });
      return await Promise.resolve(known.map(summaryOf));
    },
    async inspect(name) {
      return await Promise.resolve({ ...summaryOf(volumes.get(name)) });
    },
    async usage() {
      const links = volumes.links();
      return await Promise.all(
        volumes.list().map(async (volume) => ({
          ...summaryOf(volume),
          UsageData: {
            Size: needsMount(volume) ? -1 : await writableSize(volumes.dataFolder(volume.name)),
            RefCount: links.get(volume.name) ?? 0,
          },
        })),
      );
    },
    remove: (name, options) => volumes.remove(name, options),
    async prune({ filters = {}, dryRun = false, withoutContainers = [] } = {}) {
      const links = dryRun ? pretendRemoved(db, withoutContainers, () => volumes.links()) : volumes.links();
      const unused = filterVolumes(volumes.list(), filters, {
        keys: ['label', 'label!', 'all'],
        links,
      });
      const all = booleanFilter(filters, 'all') ?? false;
      const removed: string[] = [];
      let spaceReclaimed = 0;
      for (const volume of unused) {
        // What is mounted there is not ours to delete, and to forget it frees nothing.
        if (Object.keys(volume.options).length > 0 || !(all || isAnonymous(volume))) continue;
        if (((dryRun ? links : volumes.links()).get(volume.name) ?? 0) > 0) continue;
        const size = await writableSize(volumes.dataFolder(volume.name));
        try {
          if (!dryRun) await volumes.remove(volume.name);
        } catch (error) {
          // Somebody else has taken or removed it meanwhile.
          if (isLamellaError(error, 'conflict') || isLamellaError(error, 'not-found')) continue;
          throw error;
        }
        removed.push(volume.name);
        spaceReclaimed += size;
      }
      if (dryRun) return { removed, spaceReclaimed };
      record({
        type: 'volume',
        action: 'prune',
        actor: { id: '', attributes: { reclaimed: String(spaceReclaimed) } },
      });
      return { removed, spaceReclaimed };
    },
  };
}

/** In Go's order, which sorts what a map holds. */
function orNull(record: Readonly<Record<string, string>>): Readonly<Record<string, string>> | null {
  const entries = Object.entries(record).sort(([a], [b]) => (a < b ? -1 : 1));
  return entries.length === 0 ? null : Object.fromEntries(entries);
}
