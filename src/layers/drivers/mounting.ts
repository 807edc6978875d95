import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { lockFile } from '../../linux/flock.ts';
import type { Digest } from '../../oci/digest.ts';
import { createClaims } from './claims.ts';
import type { DriverName, LayerDriver } from './driver.ts';
import { unmountIfMounted } from './layer-mounts.ts';
import { readMountTable, type MountEntry } from '../../linux/mount-table.ts';
import { mountOverlay } from './overlay-mount.ts';
import { topmostFirst } from './topmost.ts';

export interface DriverDeps {
  /** The store. */
  readonly root: string;
  /** A directory for what does not outlive a reboot, such as `/run/lamella/<hash of root>`; nobody else may enter it. */
  readonly runDir: string;
}

/** What differs between drivers: where one layer can be seen by itself. */
export interface LowerSource {
  /** What takes long, for layers from top to bottom; called before the lock is taken. */
  prepare?(diffIds: readonly Digest[]): Promise<void>;
  /** A directory that shows the layer alone; called under the mounts lock. */
  lowerOf(diffId: Digest, table: readonly MountEntry[]): Promise<string>;
  /** Gives back what no target uses any more. */
  sweep(used: ReadonlySet<Digest>): Promise<void>;
}

/** A driver: one overlayfs mount over the lowers that `source` makes. */
export function createMountingDriver(name: DriverName, deps: DriverDeps, source: LowerSource): LayerDriver {
  const { root, runDir } = deps;
  const claims = createClaims(join(runDir, 'claims'));

  async function lock(): Promise<AsyncDisposable> {
    await mkdir(join(root, 'locks'), { recursive: true });
    await mkdir(runDir, { recursive: true, mode: 0o700 });
    return lockFile(join(root, 'locks', 'mounts'));
  }

  async function sweepLocked(): Promise<void> {
    await source.sweep(await claims.living(await readMountTable()));
  }

  return {
    name,
    async mount({ diffIds, init, upper, work, target, readOnly = false, volatile = false }) {
      const wanted = topmostFirst(diffIds);
      await source.prepare?.(wanted);
      await using _lock = await lock();
      const table = await readMountTable();
      const lowers = init === undefined ? [] : [init];
      try {
        for (const diffId of wanted) lowers.push(await source.lowerOf(diffId, table));
        mountOverlay({ lowers, upper, work, target, readOnly, volatile, scratch: runDir });
        await claims.add(target, diffIds);
      } catch (error) {
        await sweepLocked().catch(() => {});
        throw error;
      }
    },
    async unmount({ target }) {
      await using _lock = await lock();
      unmountIfMounted(target);
      await claims.remove(target);
      await sweepLocked();
    },
    async sweep() {
      await using _lock = await lock();
      await sweepLocked();
    },
  };
}
