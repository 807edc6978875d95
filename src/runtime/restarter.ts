import { spawn } from 'node:child_process';
import { watchDatabase } from '../db/watch-database.ts';
import { currentOwner, isOwnerAlive } from '../db/process-owner.ts';
import { tryLockFile } from '../linux/flock.ts';
import { systemErrorCode } from '../base/errors.ts';
import { containerPaths, type RuntimeFolders } from './container-paths.ts';
import type { ContainerStore } from './container-store.ts';
import type { Lifecycle } from './lifecycle.ts';
import type { Container } from './types.ts';

interface RestarterDeps {
  readonly store: ContainerStore;
  readonly folders: RuntimeFolders;
  readonly lifecycle: Lifecycle;
  /** Of the database, which tells when a person decides otherwise. */
  readonly database: string;
  readonly exitCommand: (id: string) => readonly string[];
  readonly now: () => number;
}

/**
 * Starts containers again that their restart policy wants to run. There is no daemon for that: what conmon runs at a
 * container's end waits, and starts it. Was that killed, the next command that looks starts another one.
 */
export interface Restarter {
  /** Waits until the start is due and starts the container, unless it is no longer wanted or somebody else does so already. */
  attend(id: string): Promise<void>;
  /** Sees to it that somebody attends to a container that is `restarting`, and waits for nothing. */
  ensure(container: Container): void;
}

export function createRestarter(deps: RestarterDeps): Restarter {
  const { store, lifecycle, now } = deps;
  /** Those for whom this process has started somebody who has not ended yet. */
  const helped = new Set<string>();

  /** Until the start is due; false where something else has been decided meanwhile. */
  async function waitUntilDue({ id, state }: Container): Promise<boolean> {
    const { restartAt = 0, restartPause = 0 } = state;
    const due = new AbortController();
    // A clock that was set back does not make the wait longer than it was meant to be.
    const timer = setTimeout(() => due.abort(), Math.min(Math.max(0, restartAt - now()), restartPause));
    try {
      for await (const _ of watchDatabase(deps.database, { signal: due.signal })) {
        if (!isWaiting(store.get(id), restartAt)) return false;
      }
      return true;
    } finally {
      clearTimeout(timer);
    }
  }

  return {
    async attend(id) {
      if (store.get(id)?.status !== 'restarting') return;
      const { restarter } = containerPaths(deps.folders, id);
      const lock = await tryLockFile(restarter).catch(unlessGone);
      if (lock === undefined) return;
      await using _ = lock;
      const container = store.change(id, ({ status, state }) =>
        status === 'restarting' ? { status, state: { ...state, monitor: currentOwner() } } : undefined,
      );
      if (container?.status !== 'restarting' || !(await waitUntilDue(container))) return;
      await lifecycle.restart(id, container.state.restartAt);
    },
    ensure({ id, status, state }) {
      if (status !== 'restarting' || helped.has(id)) return;
      if (state.monitor !== undefined && isOwnerAlive(state.monitor)) return;
      const [program = '', ...args] = deps.exitCommand(id);
      const child = spawn(program, args, { cwd: '/', detached: true, stdio: 'ignore' });
      helped.add(id);
      // The next look tries again.
      child.on('error', () => helped.delete(id));
      child.on('exit', () => helped.delete(id));
      child.unref();
    },
  };
}

function isWaiting(container: Container | undefined, restartAt: number): boolean {
  return container?.status === 'restarting' && container.state.restartAt === restartAt;
}

/** The folder goes with the container. */
function unlessGone(error: unknown): undefined {
  if (systemErrorCode(error) === 'ENOENT') return undefined;
  throw error;
}
