import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { unlessMissing } from '../../base/files.ts';
import { isDigest, type Digest } from '../../oci/digest.ts';
import type { MountEntry } from '../../linux/mount-table.ts';

/**
 * Which target uses which layers, in one small file for each target under the run directory. A claim counts as long as
 * the kernel has the target mounted, so that one left behind by a crash does no harm. Callers hold the mounts lock.
 */
export interface Claims {
  add(target: string, diffIds: readonly Digest[]): Promise<void>;
  remove(target: string): Promise<void>;
  /** Layers of all targets that are mounted; forgets the other claims. */
  living(table: readonly MountEntry[]): Promise<Set<Digest>>;
}

export function createClaims(folder: string): Claims {
  const fileOf = (target: string): string =>
    join(folder, createHash('sha256').update(target).digest('hex').slice(0, 32));
  return {
    async add(target, diffIds) {
      await mkdir(folder, { recursive: true });
      await writeFile(fileOf(target), [target, ...diffIds].join('\0'));
    },
    remove: (target) => rm(fileOf(target), { force: true }),
    async living(table) {
      const mounted = new Set(table.map((entry) => entry.target));
      const used = new Set<Digest>();
      for (const name of (await unlessMissing(readdir(folder))) ?? []) {
        const path = join(folder, name);
        const [target = '', ...diffIds] = (await readFile(path, 'utf8')).split('\0');
        if (!mounted.has(target)) await rm(path, { force: true });
        else for (const diffId of diffIds) if (isDigest(diffId)) used.add(diffId);
      }
      return used;
    },
  };
}
