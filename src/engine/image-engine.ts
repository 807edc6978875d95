import { formatReference, parseReference, withDefaultTag } from '../oci/reference.ts';
import type { PruneReport } from '../images/prune-images.ts';
import type { RemovalLine as StoredLine } from '../images/remove-image.ts';
import type { TagMove as StoredMove } from '../images/undo.ts';
import { collect, garbageSize, sweepDownloads } from './collect.ts';
import { likelyDriverName } from './driver.ts';
import { createImageEvents } from './image-events.ts';
import { summaryOf } from './image-summary.ts';
import type { HistoryItem, ImageEngine, RemovalLine, TagMove } from './ports/image-engine.ts';
import { pretendRemoved } from './pretend-removed.ts';
import type { Store } from './store.ts';

/**
 * Images, as commands and the API see them.
 *
 * @param refreshContainers records the end of containers that have ended while nobody looked: whether one runs decides
 *   whether its image may go
 */
export function createImageEngine(store: Store, refreshContainers: () => Promise<void>): ImageEngine {
  const { db, images } = store;
  const events = createImageEvents(store);

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
      const { id } = images.find(source);
      const name = withDefaultTag(parseReference(target));
      images.tag(id, name);
      events.tag(id, formatReference(name));
    },

    tagLog: async (reference) => images.log(withDefaultTag(parseReference(reference))).map(moveOf),

    async undo({ reference } = {}) {
      const report = images.undo(
        reference === undefined ? undefined : withDefaultTag(parseReference(reference)),
      );
      for (const { name, from, to } of report.moves) {
        if (to !== undefined) events.tag(to, name);
        else if (from !== undefined) events.of('untag', from);
      }
      return { command: report.command, moves: report.moves.map(moveOf), restored: report.restored };
    },

    async remove(name, { force = false, noPrune = false } = {}) {
      await refreshIfRunning();
      const { id } = images.find(name);
      const lines = images.remove(name, { force, noPrune }).map(lineOf);
      events.removal(lines, id);
      await collect(store);
      return lines;
    },

    async prune({ all = false, filters = {}, dryRun = false, withoutContainers = [] } = {}) {
      await refreshIfRunning();
      const downloads = await sweepDownloads(store, { now: true, dryRun });
      const garbage = downloads + (await garbageSize(store));
      const prune = (): PruneReport => images.prune({ all, filters, dryRun });
      const report = dryRun ? pretendRemoved(store.db, withoutContainers, prune) : prune();
      const lines = report.lines.map(lineOf);
      const spaceReclaimed = report.spaceReclaimed + garbage;
      if (!dryRun) {
        events.removal(lines);
        events.prune(spaceReclaimed);
        await collect(store, { now: true });
      }
      return { lines, spaceReclaimed };
    },

    async import(content, options = {}) {
      const { importInto } = await import('./carry-images.ts');
      const imported = await importInto(store, content, options);
      if (options.reference !== undefined) {
        events.tag(imported.id, formatReference(withDefaultTag(parseReference(options.reference))));
      }
      events.of('import', imported.id);
      return imported;
    },

    async *load(source, options = {}) {
      const { loadInto } = await import('./carry-images.ts');
      for await (const image of loadInto(store, source, options)) {
        events.of('load', image.id);
        yield image;
      }
    },

    async save(names, options = {}) {
      const { saveFrom } = await import('./carry-images.ts');
      const saved = await saveFrom(store, names, options);
      for (const name of names) events.of('save', images.find(name).id);
      return saved;
    },
  };
}

function lineOf(line: StoredLine): RemovalLine {
  return 'untagged' in line ? { Untagged: line.untagged } : { Deleted: line.deleted };
}

function moveOf(move: StoredMove): TagMove {
  return { ...move };
}
