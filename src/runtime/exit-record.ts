import { access, readFile, stat } from 'node:fs/promises';
import { watch } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { unlessMissing } from '../base/files.ts';
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
export async function readExit({ exitFile, exitFolder }: ContainerPaths): Promise<ContainerExit | undefined> {
  const text = await unlessMissing(readFile(exitFile, 'utf8'));
  if (text === undefined || !/^-?[0-9]+$/.test(text.trim())) return undefined;
  const { mtimeMs } = await stat(exitFile);
  const oomKilled = await access(join(exitFolder, 'oom')).then(
    () => true,
    () => false,
  );
  return { exitCode: Number(text) & 0xff, finishedAt: Math.floor(mtimeMs), oomKilled };
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
    const told = await readExit(paths);
    if (told !== undefined) return told;
    if (!hasEnded(state)) return undefined;
    const monitored = state.monitor !== undefined && isOwnerAlive(state.monitor);
    if (!monitored || performance.now() - start > patience) break;
    await delay(10);
  }
  return (
    (await readExit(paths)) ?? {
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
  { isGone, signal }: { isGone: () => boolean; signal?: AbortSignal },
): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const watcher = watch(exitFolder, () => void check());
  const timer = setInterval(() => void check(), 500);
  const check = async (): Promise<void> => {
    const written = await access(exitFile).then(
      () => true,
      () => false,
    );
    if (written || isGone()) resolve();
  };
  signal?.addEventListener('abort', () => resolve(), { once: true });
  watcher.on('error', () => {});
  try {
    await check();
    await promise;
  } finally {
    watcher.close();
    clearInterval(timer);
  }
  signal?.throwIfAborted();
}
