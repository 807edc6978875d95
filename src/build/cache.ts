import { createHash } from 'node:crypto';
import type { Database } from '../db/database.ts';
import type { Digest } from '../oci/digest.ts';
import type { LayerStore } from '../layers/store.ts';

/** What a step made of what: by everything that decides the result, and nothing else. */
export interface BuildCache {
  /** The layer that the step made, where it is still here; `null` where it made none; undefined where it is not known. */
  find(key: string): Digest | null | undefined;
  remember(key: string, diffId: Digest | null, description: string): void;
}

export function createBuildCache(
  db: Database,
  layers: Pick<LayerStore, 'has'>,
  now: () => number,
): BuildCache {
  return {
    find(key) {
      const row = db.get<{ diff_id: Digest | null }>('SELECT diff_id FROM build_steps WHERE key = ?', key);
      if (row === undefined || (row.diff_id !== null && !layers.has(row.diff_id))) return undefined;
      db.transaction(() => void db.run('UPDATE build_steps SET used_at = ? WHERE key = ?', now(), key), {
        durable: false,
      });
      return row.diff_id;
    },
    remember: (key, diffId, description) =>
      db.transaction(
        () =>
          void db.run(
            `INSERT INTO build_steps (key, diff_id, description, created_at, used_at) VALUES (?, ?, ?, ?, ?)
             ON CONFLICT (key) DO UPDATE SET diff_id = excluded.diff_id, used_at = excluded.used_at`,
            key,
            diffId,
            description,
            now(),
            now(),
          ),
      ),
  };
}

/** A name for everything that decides what a step makes. */
export function cacheKey(...parts: readonly unknown[]): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex');
}
