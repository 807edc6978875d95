import { isLamellaError, LamellaError } from '../base/errors.ts';
import { readAbilities } from './cgroups/abilities.ts';
import { containerCgroups } from './cgroups/container-cgroups.ts';
import { containerPids } from './cgroups/container-pids.ts';
import { readUsage } from './cgroups/usage.ts';
import type { RecordContainerEvent } from './container-events.ts';
import { lockContainer } from './container-lock.ts';
import type { ContainerPaths } from './container-paths.ts';
import { containerStats, type ContainerStats } from './container-stats.ts';
import type { ContainerStore } from './container-store.ts';
import { hasEnded } from './exit-record.ts';
import { changeResources, type RuntimeCall } from './oci-runtime.ts';
import { checkRestartPolicy } from './restart-policy.ts';
import { listProcesses, type ContainerTop } from './top.ts';
import type { Container } from './types.ts';
import { updatedHostConfig, type ContainerUpdate } from './update-container.ts';

export interface ContainerResourcesDeps {
  readonly store: ContainerStore;
  readonly paths: (id: string) => ContainerPaths;
  readonly call: (container: Container) => Promise<RuntimeCall>;
  readonly record: RecordContainerEvent;
  readonly now: () => number;
  /** The record, up to date. @throws LamellaError not-found `container-not-found` */
  readonly find: (container: string) => Promise<Container>;
}

/** What containers take of the machine, and what they may. */
export interface ContainerResources {
  /**
   * Changes limits and the restart policy, at once where it runs.
   *
   * @throws LamellaError invalid `limit-invalid`, conflict `update-conflict`
   */
  update(container: string, update: ContainerUpdate): Promise<{ warnings: readonly string[] }>;
  /** Its processes as the machine's ps(1) shows them. @param options of ps, in one text; '' is `-ef` */
  top(container: string, options: string): Promise<ContainerTop>;
  /** What it has taken until now; all zero for one that does not run. */
  stats(container: string): Promise<ContainerStats>;
}

export function createContainerResources(deps: ContainerResourcesDeps): ContainerResources {
  const { store, paths, call, record, now, find } = deps;
  const isRunning = ({ status, state }: Container): boolean => status === 'running' && !hasEnded(state);
  const cgroupsOf = (id: string): string | undefined => containerCgroups(paths(id).bundle, id);

  return {
    async update(text, update) {
      const { id } = await find(text);
      const { RestartPolicy } = update;
      const abilities = readAbilities();
      // What is wrong with the request itself is told without naming the container, as Docker does.
      if (RestartPolicy !== undefined) checkRestartPolicy({ AutoRemove: false, RestartPolicy });
      await using _ = await lockContainer(paths(id), id);
      const container = store.get(id) ?? (await find(id));
      const { hostConfig, resources, warnings } = prefixConflict(id, () =>
        updatedHostConfig(container.spec.hostConfig, update, abilities),
      );
      if (isRunning(container) && Object.keys(resources).length > 0 && cgroupsOf(id) !== undefined) {
        await changeResources(await call(container), resources).catch((error: unknown) => {
          throw cannotUpdate(id, error);
        });
      }
      store.changeHostConfig(id, hostConfig);
      record(container, 'update');
      return { warnings };
    },

    async top(text, options) {
      const container = await find(text);
      const { id, status, state } = container;
      if (status === 'restarting') {
        throw new LamellaError(
          'conflict',
          `Container ${id} is restarting, wait until the container is running`,
          { code: 'container-restarting' },
        );
      }
      if (!isRunning(container) || state.pid === undefined) {
        throw new LamellaError('conflict', `container ${id} is not running`, {
          code: 'container-not-running',
        });
      }
      const processes = listProcesses(containerPids(state.pid, cgroupsOf(id)), options);
      record(container, 'top');
      return processes;
    },

    async stats(text) {
      const container = await find(text);
      const cgroups = isRunning(container) ? cgroupsOf(container.id) : undefined;
      return containerStats(container, cgroups === undefined ? undefined : readUsage(cgroups), now());
    },
  };
}

function prefixConflict<T>(id: string, action: () => T): T {
  try {
    return action();
  } catch (error) {
    throw isLamellaError(error, 'conflict') ? cannotUpdate(id, error) : error;
  }
}

function cannotUpdate(id: string, error: unknown): unknown {
  if (!isLamellaError(error)) return error;
  return new LamellaError(error.kind, `Cannot update container ${id}: ${error.message}`, {
    code: error.code,
    cause: error,
  });
}
