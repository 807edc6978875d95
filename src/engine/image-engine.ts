import { parseReference, withDefaultTag } from '../oci/reference.ts';
import type { RemovalLine as StoredLine } from '../images/remove-image.ts';
import type { TagMove as StoredMove } from '../images/undo.ts';
import { collect, garbageSize, sweepDownloads } from './collect.ts';
import { likelyDriverName } from './driver.ts';
import { summaryOf } from './image-summary.ts';
import type { HistoryItem, ImageEngine, RemovalLine, TagMove } from './ports/image-engine.ts';
import type { Store } from './store.ts';

/**
 * Images, as commands and the API see them.
 *
 * @param refreshContainers records the end of containers that have ended while nobody looked: whether one runs decides
 *   whether its image may go
 */
export function createImageEngine(store: Store, refreshContainers: () => Promise<void>): ImageEngine {
  const { db, images } = store;

  async function refreshIfRunning(): Promise<void> {
    if (db.get(`SELECT 1 FROM containers WHERE status = 'running'`) !== undefined) await refreshContainers();
  }

  return {
    async list({ all = false, filters = {}, sharedSize = false } = {}) {
      return images.list({ all, filters, sharedSize }).map((image) => summaryOf(image));
    },

    async inspect(name) {
      const { inspectImage } = await import('./image-inspect.ts');
      const record = images.find(name);
      const { tags, digests } = images.names(record.id);
      return inspectImage({
        record,
        config: await images.config(record.id),
        tags,
        digests,
        driverName: likelyDriverName(store.settings),
        root: store.settings.root,
      });
    },

    async history(name) {
      const items = await images.history(images.find(name).id);
      return items.map((item): HistoryItem => ({
        Id: item.id ?? '<missing>',
        Created: item.created === undefined ? 0 : Math.floor(Date.parse(item.created) / 1000),
        CreatedBy: item.createdBy,
        Tags: item.tags.length === 0 ? null : item.tags,
        Size: item.size,
        Comment: item.comment,
      }));
    },

    async tag(source, target) {
      images.tag(images.find(source).id, withDefaultTag(parseReference(target)));
    },

    tagLog: async (reference) => images.log(withDefaultTag(parseReference(reference))).map(moveOf),

    async undo({ reference } = {}) {
      const report = images.undo(
        reference === undefined ? undefined : withDefaultTag(parseReference(reference)),
      );
      return { command: report.command, moves: report.moves.map(moveOf), restored: report.restored };
    },

    async remove(name, { force = false, noPrune = false } = {}) {
      await refreshIfRunning();
      const lines = images.remove(name, { force, noPrune }).map(lineOf);
      await collect(store);
      return lines;
    },

    async prune({ all = false, filters = {}, dryRun = false } = {}) {
      await refreshIfRunning();
      const downloads = await sweepDownloads(store, { now: true, dryRun });
      const garbage = downloads + (await garbageSize(store));
      const report = images.prune({ all, filters, dryRun });
      if (!dryRun) await collect(store, { now: true });
      return { lines: report.lines.map(lineOf), spaceReclaimed: report.spaceReclaimed + garbage };
    },

    async import(content, options = {}) {
      const { importInto } = await import('./carry-images.ts');
      return importInto(store, content, options);
    },

    async *load(source, options = {}) {
      const { loadInto } = await import('./carry-images.ts');
      yield* loadInto(store, source, options);
    },

    async save(names, options = {}) {
      const { saveFrom } = await import('./carry-images.ts');
      return saveFrom(store, names, options);
    },
  };
}

function lineOf(line: StoredLine): RemovalLine {
  return 'untagged' in line ? { Untagged: line.untagged } : { Deleted: line.deleted };
}

function moveOf(move: StoredMove): TagMove {
  return { ...move };
}
