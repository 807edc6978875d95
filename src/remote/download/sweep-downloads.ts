import { readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { unlessMissing } from '../../base/files.ts';
import { lockIn, pullsLock } from './download-locks.ts';

/**
 * Removes downloads that nobody has gone on with for a while; nothing while any pull runs.
 *
 * @param options.age milliseconds since the last byte came
 * @param options.dryRun only says what would go
 * @returns bytes on disk that are free now
 */
export async function sweepDownloads(
  folder: string,
  { age, now = Date.now(), dryRun = false }: { age: number; now?: number; dryRun?: boolean },
): Promise<number> {
  const old = (await listDownloads(folder)).filter(({ changedAt }) => changedAt <= now - age);
  if (old.length === 0) return 0;
  // The first try is made at once; whoever has to wait for the lock leaves everything where it is.
  const lock = await lockIn(folder, pullsLock, { signal: AbortSignal.abort() }).catch(() => undefined);
  if (lock === undefined) return 0;
  await using _ = lock;
  if (!dryRun) await Promise.all(old.map(({ name }) => rm(join(folder, name), { force: true })));
  return old.reduce((sum, { size }) => sum + size, 0);
}

async function listDownloads(folder: string): Promise<{ name: string; changedAt: number; size: number }[]> {
  const names = (await unlessMissing(readdir(folder))) ?? [];
  const found = await Promise.all(
    names.map(async (name) => {
      const info = await unlessMissing(stat(join(folder, name)));
      if (info === undefined || !info.isFile()) return [];
      return [{ name, changedAt: info.mtimeMs, size: info.blocks * 512 }];
    }),
  );
  return found.flat();
}
