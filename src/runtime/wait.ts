import { setTimeout as delay } from 'node:timers/promises';
import { containerPaths, type RuntimeFolders } from './container-paths.ts';
import type { ContainerStore } from './container-store.ts';
import { hasEnded, readExit, waitForExitFile } from './exit-record.ts';
import type { Lifecycle } from './lifecycle.ts';
import type { Container, ContainerState } from './types.ts';

type WaitCondition = 'not-running' | 'next-exit' | 'removed';

export interface WaitOptions {
  readonly condition: WaitCondition;
  readonly signal?: AbortSignal | undefined;
}

export interface WaitResult {
  readonly exitCode: number;
  readonly error?: string;
}

export interface Waiter {
  /** Resolves when the condition holds for the container, which is up to date. */
  wait(container: Container, options: WaitOptions): Promise<WaitResult>;
  /** Waits for the end of a running container and records it. */
  waitForEnd(id: string, signal?: AbortSignal): Promise<ContainerState | undefined>;
}

/** How often the database is asked whether a container has started or gone, in milliseconds. */
const pause = 5;

export function createWaiter({
  store,
  folders,
  lifecycle,
  lastExitCode,
}: {
  store: ContainerStore;
  folders: RuntimeFolders;
  lifecycle: Lifecycle;
  /** Of a container that is gone, where that is known. */
  lastExitCode: (id: string) => number | undefined;
}): Waiter {
  /** False where the container goes instead, or waits for its restart in vain. */
  async function waitForStart({ id, state, status }: Container, signal?: AbortSignal): Promise<boolean> {
    for (;;) {
      signal?.throwIfAborted();
      const container = store.get(id);
      if (container === undefined) return false;
      if (container.status === 'running' || container.state.startedAt !== state.startedAt) return true;
      if (status === 'restarting' && container.status !== 'restarting') return false;
      await delay(pause);
    }
  }

  async function waitForEnd(id: string, signal?: AbortSignal): Promise<ContainerState | undefined> {
    const paths = containerPaths(folders, id);
    const first = store.get(id)?.state.process;
    const isGone = (): boolean => {
      const container = store.get(id);
      return (
        container?.status !== 'running' || container.state.process !== first || hasEnded(container.state)
      );
    };
    await waitForExitFile(paths, { isGone, signal });
    // Read before it is recorded: a container that is removed at its end takes it along.
    const seen = readExit(paths);
    return (await lifecycle.recordExit(id)) ?? store.get(id)?.state ?? seen ?? endOfGone(id);
  }

  /** Somebody else has recorded the end and removed the container before this process could look. */
  function endOfGone(id: string): ContainerState | undefined {
    const exitCode = lastExitCode(id);
    return exitCode === undefined ? undefined : { exitCode };
  }

  async function waitForRemoval(id: string, signal?: AbortSignal): Promise<void> {
    while (store.get(id) !== undefined) {
      signal?.throwIfAborted();
      await delay(pause);
    }
  }

  return {
    waitForEnd,
    async wait(container, { condition, signal }) {
      const { id, status } = container;
      if (status !== 'running') {
        if (condition === 'not-running' && status !== 'restarting') return resultOf(container.state);
        if (!(await waitForStart(container, signal))) return resultOf(container.state);
      }
      const end = await waitForEnd(id, signal);
      if (condition === 'removed') await waitForRemoval(id, signal);
      return resultOf(end ?? {});
    },
  };
}

function resultOf({ exitCode, error }: ContainerState): WaitResult {
  return { exitCode: exitCode ?? 0, ...(error === undefined ? {} : { error }) };
}
