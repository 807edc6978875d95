import { createLimiter } from '../base/limiter.ts';
import { messageOf } from '../base/errors.ts';
import type { ContainerStore } from './container-store.ts';
import { hasEnded } from './exit-record.ts';
import type { Lifecycle } from './lifecycle.ts';
import { restartPause } from './restart-policy.ts';
import { isActive, type Container } from './types.ts';

/** What became of each, by name. */
export interface BootReport {
  readonly done: readonly string[];
  readonly failed: readonly { readonly name: string; readonly reason: string }[];
}

export interface BootDeps {
  readonly store: ContainerStore;
  readonly lifecycle: Lifecycle;
  readonly start: (id: string) => Promise<void>;
  /** Stops one so that its policy starts it at the next boot. */
  readonly stop: (container: Container) => Promise<void>;
}

/** So many at the same time. */
const atOnce = 4;

/**
 * Starts what is to run after a boot by its restart policy, as Docker's daemon does when it starts: `always` also where a
 * person had stopped it. One that was never started is left alone.
 */
export async function startWanted({ store, lifecycle, start }: BootDeps): Promise<BootReport> {
  async function startOne({ id }: Container): Promise<boolean> {
    const found = store.get(id);
    // Not more is done for those that ran: else each would be given a process of its own that starts it.
    if (found?.status === 'running' && hasEnded(found.state)) await lifecycle.recordExit(id);
    const container = store.get(id);
    if (container?.status === 'restarting') {
      await lifecycle.restart(id, container.state.restartAt);
      return true;
    }
    if (container?.status !== 'exited' || !isWanted(container)) return false;
    await start(id);
    return true;
  }
  const oldestFirst = store.list().toReversed();
  const first = await each(oldestFirst, startOne);
  if (first.failed.length === 0) return first;
  // One that needs another one (its network, say) may have come too early.
  const names = new Set(first.failed.map(({ name }) => name));
  const second = await each(
    oldestFirst.filter(({ name }) => names.has(name)),
    startOne,
  );
  return { done: [...first.done, ...second.done], failed: second.failed };
}

/** Stops all that run, as the machine goes down; {@link startWanted} finds them as if they ran on. */
export async function stopForShutdown({ store, stop }: BootDeps): Promise<BootReport> {
  const active = store.list().filter(({ status }) => isActive(status));
  return await each(active, async (container) => {
    await stop(container);
    return true;
  });
}

function isWanted({ spec, state }: Container): boolean {
  const { RestartPolicy } = spec.hostConfig;
  const { exitCode = 0, startedAt, restartCount = 0, stoppedByHand = false } = state;
  if (startedAt === undefined) return false;
  return (
    restartPause(RestartPolicy, {
      exitCode,
      ranFor: 0,
      restartCount,
      lastPause: 0,
      stoppedByHand: stoppedByHand && RestartPolicy.Name !== 'always',
    }) !== undefined
  );
}

async function each(
  containers: readonly Container[],
  action: (container: Container) => Promise<boolean>,
): Promise<BootReport> {
  const limit = createLimiter(atOnce);
  const done: string[] = [];
  const failed: { name: string; reason: string }[] = [];
  await Promise.all(
    containers.map((container) =>
      limit(async () => {
        try {
          if (await action(container)) done.push(container.name);
        } catch (error) {
          failed.push({ name: container.name, reason: messageOf(error) });
        }
      }),
    ),
  );
  return { done, failed };
}
