import { spawn } from 'node:child_process';
import { closeSync, mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { tryLockFile } from '../../linux/flock.ts';
import type { Database } from '../../db/database.ts';
import type { RecordContainerEvent } from '../container-events.ts';
import { containerPaths, healthLock, type RuntimeFolders } from '../container-paths.ts';
import type { ContainerStore } from '../container-store.ts';
import type { RuntimeParts } from '../parts.ts';
import type { Container } from '../types.ts';
import { createHealthRows } from './health-rows.ts';
import { healthSettings } from './health-settings.ts';
import { healthAtStart } from './health-state.ts';
import { containersToCheck, keepHealth, type KeepHealthDeps } from './keep-health.ts';
import { runCheck } from './run-check.ts';

/**
 * Health checks without a daemon: one process, the keeper, checks all containers of the store that have a health check. It
 * is started with the first of them, and ends with the last; where nobody uses health checks there is none. It holds a
 * lock by which others see that it lives; if it was killed, the next command that looks at such a container starts another.
 */
export interface ContainerHealth {
  /** The container is about to run: it begins as `starting`. */
  begin(container: Container): void;
  /** The container has ended. */
  end(id: string): void;
  /** Sees to it that there is a keeper, where the container needs one. */
  ensureKeeper(container: Container): Promise<void>;
  /** What a keeper does, with the lock that it was given: it checks as long as there is anything to check. */
  keep(): Promise<void>;
}

/** The file descriptor under which a keeper gets its lock, held already: so nobody can start a second one. */
const keeperLock = 3;

interface HealthDeps {
  readonly db: Database;
  readonly store: ContainerStore;
  readonly folders: RuntimeFolders;
  readonly record: RecordContainerEvent;
  readonly parts: (runtime: string) => Promise<RuntimeParts>;
  /** Program and arguments that call `keep()`. */
  readonly keeperCommand: readonly string[];
  readonly now: () => number;
}

export function createContainerHealth(deps: HealthDeps): ContainerHealth {
  const { db, store, folders, record, now } = deps;
  const rows = createHealthRows(db);
  const lockPath = healthLock(folders);
  let isSeenTo = false;

  const keeping: KeepHealthDeps = {
    db,
    store,
    rows,
    record,
    now,
    check: async (container, settings, signal) =>
      await runCheck(container, settings, {
        paths: containerPaths(folders, container.id),
        parts: await deps.parts(container.spec.hostConfig.Runtime),
        now,
        signal,
      }),
  };

  return {
    begin({ id, spec }) {
      if (healthSettings(spec.config.Healthcheck) === undefined) return;
      rows.set(id, healthAtStart(rows.get(id)));
    },
    end(id) {
      const health = rows.get(id);
      // As Docker has it: what is not there is not well.
      if (health !== undefined) rows.set(id, { ...health, status: 'unhealthy' });
    },
    async ensureKeeper({ status, spec }) {
      if (isSeenTo || status !== 'running' || healthSettings(spec.config.Healthcheck) === undefined) return;
      mkdirSync(dirname(lockPath), { recursive: true, mode: 0o700 });
      const lock = await tryLockFile(lockPath);
      if (lock === undefined) return;
      await using held = lock;
      isSeenTo = true;
      const [program = '', ...args] = deps.keeperCommand;
      const keeper = spawn(program, args, {
        cwd: '/',
        detached: true,
        stdio: ['ignore', 'ignore', 'ignore', held.fd],
      });
      const again = (): void => void (isSeenTo = false);
      keeper.on('error', again);
      keeper.on('exit', again);
      keeper.unref();
    },
    async keep() {
      try {
        await keepHealth(keeping);
      } finally {
        closeSync(keeperLock);
      }
      // A container that started when it had just been decided to end found the lock held: so one looks again without it.
      while (containersToCheck(keeping).length > 0) {
        const lock = await tryLockFile(lockPath);
        if (lock === undefined) return;
        await using _ = lock;
        await keepHealth(keeping);
      }
    },
  };
}
