import { isLamellaError } from '../base/errors.ts';
import { createEventRecorder, type Event } from '../events/event-log.ts';
import { familiarName, familiarReference, parseReference } from '../oci/reference.ts';
import type { RemovalLine } from './ports/image-engine.ts';
import type { Store } from './store.ts';

/** Writes down what happened to images, with the actors and attributes that Docker gives (moby daemon/images/image_events.go). */
export interface ImageEvents {
  /** `import`, `load`, `save`, `create`: the image, by its ID alone. */
  of(action: string, id: string): void;
  tag(id: string, name: string): void;
  /** `pull` and `push` name the reference and not the image. @param id of the image, for its labels */
  transfer(action: 'pull' | 'push', reference: string, id: string | undefined): void;
  /** @param id the image that a person named, where it was one */
  removal(lines: readonly RemovalLine[], id?: string): void;
  prune(spaceReclaimed: number): void;
}

export function createImageEvents({ db }: Pick<Store, 'db'>): ImageEvents {
  const recordEvent = createEventRecorder(db);

  function record(action: string, actor: Event['actor']): void {
    // `save` and `push` work where nothing can be written.
    if (db.isReadOnly) return;
    try {
      recordEvent({ type: 'image', action, actor });
    } catch (error) {
      // What happened has happened: a full disk does not undo it.
      if (!isLamellaError(error)) throw error;
    }
  }

  const rowOf = (id: string): { labels: string } | undefined =>
    db.get<{ labels: string }>('SELECT labels FROM images WHERE id = ?', id);

  function labelsOf(id: string | undefined): Record<string, string> {
    const row = id === undefined ? undefined : rowOf(id);
    return row === undefined ? {} : (JSON.parse(row.labels) as Record<string, string>);
  }

  return {
    of: (action, id) => record(action, { id, attributes: { ...labelsOf(id), name: id } }),
    tag: (id, name) =>
      record('tag', {
        id,
        attributes: { ...labelsOf(id), name: familiarReference(parseReference(name)) },
      }),
    transfer(action, reference, id) {
      const name = familiarName(parseReference(reference));
      record(action, { id: reference, attributes: { ...labelsOf(id), name } });
    },
    removal(lines, named) {
      // Layers are told among the images.
      const isImage = (line: RemovalLine): line is { Deleted: string } =>
        'Deleted' in line && rowOf(line.Deleted) !== undefined;
      for (const [index, line] of lines.entries()) {
        if ('Untagged' in line) {
          const id = lines.slice(index).find(isImage)?.Deleted ?? named;
          if (id !== undefined) record('untag', { id, attributes: { ...labelsOf(id), name: id } });
        } else if (isImage(line)) {
          record('delete', { id: line.Deleted, attributes: { name: line.Deleted } });
        }
      }
    },
    prune: (spaceReclaimed) => record('prune', { id: '', attributes: { reclaimed: String(spaceReclaimed) } }),
  };
}
