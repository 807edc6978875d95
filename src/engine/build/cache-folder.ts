import { createHash } from 'node:crypto';
import { chmodSync, chownSync, existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { RunMount } from '../../build/request.ts';
import { lockFile, tryLockFile } from '../../linux/flock.ts';

type CacheMount = Extract<RunMount, { kind: 'cache' }>;

/** What a cache mount keeps from one build to the next, held for one step. */
export interface CacheFolder extends AsyncDisposable {
  /** What the step reads and writes; the changes alone where the cache began with something. */
  readonly data: string;
  /** overlayfs's own, beside `data`. */
  readonly work: string;
}

/**
 * Opens the cache of a mount, made where it is missing:
 *
 *     <root>/build-cache/<hash>/id       as the person calls it
 *     <root>/build-cache/<hash>/0/data   what is in it
 *     <root>/build-cache/<hash>/0/lock   held by steps that use it: alone or together
 *
 * Steps that want it `private` while another has it get 1, 2, ….
 */
export async function openCacheFolder(
  root: string,
  { key, id, sharing, seed, mode, uid, gid }: CacheMount,
  { signal }: { signal?: AbortSignal | undefined },
): Promise<CacheFolder> {
  const folder = join(root, 'build-cache', hashOf(key));
  for (let instance = 0; ; instance += 1) {
    const place = join(folder, String(instance));
    mkdirSync(place, { recursive: true, mode: 0o700 });
    if (!existsSync(join(folder, 'id'))) writeFileSync(join(folder, 'id'), id);
    // Two overlays cannot write into one directory.
    const shared = sharing === 'shared' && seed === undefined;
    const path = join(place, 'lock');
    const lock = sharing === 'private' ? await tryLockFile(path) : await lockFile(path, { shared, signal });
    if (lock === undefined) continue;
    // A prune that was faster has taken the folder away together with the lock.
    if (!existsSync(path)) {
      await lock[Symbol.asyncDispose]();
      instance -= 1;
      continue;
    }
    const data = join(place, 'data');
    if (!existsSync(data)) {
      mkdirSync(data);
      chownSync(data, uid, gid);
      chmodSync(data, mode);
    }
    return { data, work: join(place, 'work'), [Symbol.asyncDispose]: () => lock[Symbol.asyncDispose]() };
  }
}

function hashOf(key: string): string {
  return createHash('sha256').update(key).digest('hex').slice(0, 32);
}
