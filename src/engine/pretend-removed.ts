import type { Database } from '../db/database.ts';
import { createContainerStore } from '../runtime/container-store.ts';

/** What `action` sees with these containers gone; then they are there again, and whatever it has changed is as before. */
export function pretendRemoved<T>(db: Database, containers: readonly string[], action: () => T): T {
  const store = createContainerStore(db);
  const seen: { result?: T } = {};
  try {
    db.transaction(() => {
      for (const id of containers) store.remove(id);
      seen.result = action();
      throw new TakenBack();
    });
  } catch (error) {
    if (!(error instanceof TakenBack)) throw error;
  }
  return seen.result as T;
}

class TakenBack extends Error {}
