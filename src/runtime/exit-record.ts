import { existsSync, readFileSync, statSync, watch } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { isOwnerAlive } from '../db/process-owner.ts';
import type { ContainerPaths } from './container-paths.ts';
import type { Container, ContainerState } from './types.ts';

/** What Docker shows for a container whose end nobody saw. */
const unknownExitCode = 255;
/** How long a conmon may take from its container's death to the exit file, in milliseconds. */
const patience = 5_000;

export interface ContainerExit {
  readonly exitCode: number;
  /** Milliseconds since 1970. */
  readonly finishedAt: number;
  readonly oomKilled: boolean;
  readonly error?: string;
}

/** What conmon has left of the container's end, or undefined where it has left nothing yet. */
export function readExit({ exitFile, exitFolder }: ContainerPaths): ContainerExit | undefined {
  const stat = statSync(exitFile, { throwIfNoEntry: false });
  if (stat === undefined) return undefined;
  const text = readFileSync(exitFile, 'utf8');
  if (!/^-?[0-9]+$/.test(text.trim())) return undefined;
  return {
    exitCode: Number(text) & 0xff,
    finishedAt: Math.floor(stat.mtimeMs),
    oomKilled: existsSync(join(exitFolder, 'oom')),
  };
}

/** Whether a container that the database calls running has come to its end, by what the kernel and conmon say. */
export function hasEnded(state: ContainerState): boolean {
  return state.process === undefined || !isOwnerAlive(state.process);
}

/**
 * How a running container ended, or undefined while it runs. A conmon that lives is given the time to tell; where it was
 * killed too, or the machine was restarted, nobody knows the exit code.
 */
export async function findExit(
  container: Container,
  paths: ContainerPaths,
  now: () => number,
): Promise<ContainerExit | undefined> {
  const { state } = container;
  const start = performance.now();
  for (;;) {
    const told = readExit(paths);
    if (told !== undefined) return told;
    if (!hasEnded(state)) return undefined;
    const monitored = state.monitor !== undefined && isOwnerAlive(state.monitor);
    if (!monitored || performance.now() - start > patience) break;
    await delay(10);
  }
  return (
    readExit(paths) ?? {
      exitCode: unknownExitCode,
      finishedAt: now(),
      oomKilled: false,
      error: 'the exit code is not known: the container ended while nothing watched it',
    }
  );
}

/**
 * Resolves when conmon has written the exit file, or the container's process is gone.
 *
 * @param options.isGone asked twice a second
 */
export async function waitForExitFile(
  { exitFile, exitFolder }: ContainerPaths,
  { isGone, signal }: { isGone: () => boolean; signal?: AbortSignal | undefined },
): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const check = (): void => {
    if (existsSync(exitFile) || isGone()) resolve();
  };
  const watcher = watch(exitFolder, check);
  const timer = setInterval(check, 500);
  signal?.addEventListener('abort', () => resolve(), { once: true });
  watcher.on('error', () => {});
  try {
    check();
    await promise;
  } finally {
    watcher.close();
    clearInterval(timer);
  }
  signal?.throwIfAborted();
}
