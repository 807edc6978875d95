import { randomBytes } from 'node:crypto';
import { link, readFile, rm, writeFile } from 'node:fs/promises';
import { LamellaError, systemErrorCode } from '../base/errors.ts';
import { unlessMissing } from '../base/files.ts';
import { currentOwner, isOwnerAlive } from '../db/process-owner.ts';
import type { RecordContainerEvent } from './container-events.ts';
import { lockContainer, unlessGone } from './container-lock.ts';
import type { ContainerPaths } from './container-paths.ts';
import type { ContainerStore } from './container-store.ts';
import { hasEnded } from './exit-record.ts';
import { freeze, thaw, type RuntimeCall } from './oci-runtime.ts';
import type { Container } from './types.ts';

export interface PauseDeps {
  readonly store: ContainerStore;
  readonly paths: (id: string) => ContainerPaths;
  readonly call: (container: Container) => Promise<RuntimeCall>;
  readonly record: RecordContainerEvent;
}

/**
 * Containers whose processes stand still, for a person or for a command that needs it for a moment. Both may want it at
 * once: it goes on when neither does. Who decides that holds the container's lock.
 *
 *     a person       state.paused in the database
 *     a command      a note with its name in it, in the bundle; it counts for as long as that process lives
 */
export interface Pauses {
  /** @throws LamellaError conflict `container-not-running`, `container-paused` */
  pause(container: Container): Promise<void>;
  /** @throws LamellaError conflict `container-not-paused` */
  unpause(container: Container): Promise<void>;
  /** Lets one that a person has paused go on, so that it can act on a signal; nothing happens to any other. */
  goOn(container: Container): Promise<void>;
  /**
   * Runs `action` while a running container stands still: until it is over, or calls `release`, which tells for how many
   * milliseconds it stood.
   *
   * @throws LamellaError conflict `container-paused` while it does so for another command
   */
  whilePaused<T>(container: Container, action: (release: () => Promise<number>) => Promise<T>): Promise<T>;
  /** Lets a container go on that was paused for a command that is dead. */
  endAbandoned(container: Container): Promise<void>;
}

export function createPauses({ store, paths, call, record }: PauseDeps): Pauses {
  const isPaused = (id: string): boolean => store.get(id)?.state.paused === true;

  function mark(id: string, paused: boolean): void {
    store.change(id, ({ status, state }) => {
      const { paused: _, ...others } = state;
      return { status, state: paused ? { ...others, paused } : others };
    });
  }

  /** For a command: a container that a person has paused stays as it is. */
  async function changing(id: string, action: () => Promise<void>): Promise<void> {
    await using _ = await lockContainer(paths(id), id);
    if (!isPaused(id)) await action();
  }

  async function pause(container: Container): Promise<void> {
    const { id } = container;
    await using _ = await lockContainer(paths(id), id);
    const current = store.get(id);
    if (current?.status !== 'running' || hasEnded(current.state)) {
      throw conflict(`container ${id} is not running`, 'container-not-running');
    }
    if (current.state.paused === true) {
      throw conflict(`Container ${id} is already paused`, 'container-paused');
    }
    if (!(await isHeldByCommand(paths(id)))) await freeze(await call(container));
    mark(id, true);
    record(container, 'pause');
  }

  async function unpause(container: Container): Promise<void> {
    const { id } = container;
    await using _ = await lockContainer(paths(id), id);
    if (!isPaused(id)) throw conflict(`Container ${id} is not paused`, 'container-not-paused');
    if (!(await isHeldByCommand(paths(id)))) await thaw(await call(container));
    mark(id, false);
    record(container, 'unpause');
  }

  return {
    pause,
    unpause,
    async goOn(container) {
      if (!isPaused(container.id)) return;
      try {
        await unpause(container);
      } catch (error) {
        // The signal has killed it, or a person was faster.
        if (isPaused(container.id) && !hasEnded(container.state)) throw error;
      }
    },
    async whilePaused(container, action) {
      const { id } = container;
      const { pausedFor } = paths(id);
      const runtime = await call(container);
      await leaveNote(pausedFor);
      try {
        const begun = performance.now();
        await changing(id, () => freeze(runtime));
        let released: Promise<number> | undefined;
        const release = async (): Promise<number> => {
          await changing(id, () => thaw(runtime)).catch(unlessGone);
          return performance.now() - begun;
        };
        try {
          return await action(() => (released ??= release()));
        } finally {
          await (released ??= release());
        }
      } finally {
        await rm(pausedFor, { force: true });
      }
    },
    async endAbandoned(container) {
      const { pausedFor } = paths(container.id);
      const owner = await unlessMissing(readFile(pausedFor, 'utf8'));
      if (owner === undefined || isOwnerAlive(owner)) return;
      if (!isPaused(container.id)) await thaw(await call(container)).catch(() => {});
      await rm(pausedFor, { force: true });
    },
  };
}

/** The note appears with its text in it: whoever found it empty would take its owner for dead. */
async function leaveNote(path: string): Promise<void> {
  const draft = `${path}.${process.pid}-${randomBytes(6).toString('hex')}`;
  await writeFile(draft, currentOwner(), { flag: 'wx', mode: 0o600 });
  try {
    await link(draft, path);
  } catch (error) {
    if (systemErrorCode(error) !== 'EEXIST') throw error;
    throw new LamellaError('conflict', 'the container is paused for another command', {
      code: 'container-paused',
      hint: 'Wait for the other command to end, and try again.',
      cause: error,
    });
  } finally {
    await rm(draft, { force: true });
  }
}

async function isHeldByCommand({ pausedFor }: ContainerPaths): Promise<boolean> {
  const owner = await unlessMissing(readFile(pausedFor, 'utf8'));
  return owner !== undefined && isOwnerAlive(owner);
}

function conflict(message: string, code: string): LamellaError {
  return new LamellaError('conflict', message, { code });
}
