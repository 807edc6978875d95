import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { isLamellaError, LamellaError, messageOf } from '../base/errors.ts';
import { removeTree, unlessMissing } from '../base/files.ts';
import { findProgram } from '../base/find-program.ts';
import { isOwnerAlive, isPidAlive, ownerOf } from '../db/process-owner.ts';
import { lockFile, tryLockFile } from '../linux/flock.ts';
import { containerCgroups } from './cgroups/container-cgroups.ts';
import type { ContainerNetworks } from '../networks/container-networks.ts';
import { createWithConmon } from './conmon.ts';
import { containerNotFound, lockContainer, unlessGone } from './container-lock.ts';
import { hostNetwork, networkFailed, prepareNetwork } from './container-network.ts';
import {
  containerPaths,
  draftMaker,
  mountPointsFolder,
  type ContainerPaths,
  type RuntimeFolders,
} from './container-paths.ts';
import type { RecordContainerEvent } from './container-events.ts';
import type { ContainerStore } from './container-store.ts';
import type { ContainerHealth } from './health/container-health.ts';
import { findExit, type ContainerExit } from './exit-record.ts';
import { writeHostFiles } from './host-files.ts';
import { writeRuntimeSpec } from './machine.ts';
import { deleteFromRuntime, startCreated } from './oci-runtime.ts';
import type { RuntimeParts } from './parts.ts';
import { afterEnd, withoutRestart } from './after-end.ts';
import { isOfBuild } from './build-container.ts';
import type { MountPlace } from './mount-points.ts';
import { boundPaths, mountInRoot, type BoundPath } from './mount-in-root.ts';
import { logSettings } from './logs/log-settings.ts';
import type { ContainerMounts } from './mounts/container-mounts.ts';
import { mountSharedMemory, unmountSharedMemory } from './shared-memory.ts';
import { sharedNamespaces } from './shared-namespaces.ts';
import { defaultShmSize } from './spec/mounts.ts';
import { mountRoot, type RootDriver, type RootOptions } from './root-file-system.ts';
import { exitCodeOf } from './runtime-error.ts';
import { endStrayStarters } from './stray-starters.ts';
import type { Container, ContainerState } from './types.ts';

export interface LifecycleDeps {
  readonly store: ContainerStore;
  readonly folders: RuntimeFolders;
  /** @param runtime the OCI runtime that a container asks for, '' for the one that works here */
  readonly parts: (runtime: string) => Promise<RuntimeParts>;
  readonly driver: () => Promise<RootDriver>;
  /** Program and arguments that record the end of a container: conmon runs them. */
  readonly exitCommand: (id: string) => readonly string[];
  readonly now: () => number;
  readonly record: RecordContainerEvent;
  readonly health: ContainerHealth;
  readonly networks: ContainerNetworks;
  readonly mounts: ContainerMounts;
}

interface StartOptions {
  /** Called when the streams can be attached to, before the process begins: nothing that it writes is lost. */
  readonly attach?: (bundle: string) => void;
  /** This process waits for the end and records it; only if it dies must somebody else. */
  readonly attended: boolean;
  /** Variables that are written down nowhere but in the bundle of this run. */
  readonly hiddenEnv?: readonly string[];
}

interface StartAgain {
  /** What is remembered of the starts before, where it is the restart policy that starts it. */
  readonly restarts?: Pick<ContainerState, 'restartCount' | 'restartPause'>;
}

/**
 * The states of a container and the ways between them:
 *
 *     created ──start──▶ running ──its process ends, recordExit──▶ exited ──start──▶ running
 *        │                  ▲  └──────────────▶ restarting ──────────▶│
 *        │                  └─────restart────────┘     stop           │
 *        └──────────────────────── remove ────────────────────────────┘
 *
 * Whoever takes one of these ways holds the container's lock. A step that was cut off by a crash leaves a mount, control
 * groups or a bundle behind; whoever comes next clears them away first.
 */
export interface Lifecycle {
  /** Does nothing for a container that runs. */
  start(id: string, options: StartOptions): Promise<void>;
  /** Starts one that its restart policy wants to run, where it still waits for the start that was due at `restartAt`. */
  restart(id: string, restartAt: number | undefined): Promise<void>;
  /**
   * Ends the waiting of one that was to be started again, and notes why.
   *
   * @returns false where it runs already
   */
  cancelRestart(id: string, note: Partial<ContainerState>): Promise<boolean>;
  /**
   * Writes down how a container ended and frees what it used.
   *
   * @returns undefined while it runs, and when that was done already
   */
  recordExit(id: string): Promise<ContainerExit | undefined>;
  /**
   * Says that this process ends the container and records that: conmon then starts nobody for it. Should this process die
   * first, whoever looks next records it.
   */
  attend(id: string): Promise<void>;
  /** Removes a container that does not run; one that waits for its restart only with `force`. */
  remove(id: string, options?: { force?: boolean; volumes?: boolean }): Promise<void>;
  /**
   * Mounts the root of a container that does not run while `action` looks at it, and with `mounts` what else it would have
   * mounted; of one that runs, gives the root as it is.
   */
  withRoot<T>(id: string, action: (root: string) => Promise<T>, options?: { mounts?: boolean }): Promise<T>;
  /** Removes what crashes have left of containers that are not in the database (any more). */
  collect(): Promise<void>;
}

export function createLifecycle(deps: LifecycleDeps): Lifecycle {
  const { store, folders, now } = deps;
  const pathsOf = (id: string): ContainerPaths => containerPaths(folders, id);
  /** Locks that tell conmon's exit command that this process is there. */
  const attending = new Map<string, AsyncDisposable>();

  const rootOptions = ({ id, imageId }: Container, volatile: boolean): RootOptions => ({
    diffIds: store.diffIds(id),
    volatile,
    init: mountPointsFolder(folders, imageId),
  });

  /** What a step of a build has mounted leaves no trace in its layer: the mount points lie below its changes, in this run's bundle. */
  const launchOptions = (container: Container): RootOptions => {
    const options = rootOptions(container, container.spec.hostConfig.AutoRemove);
    const places = isOfBuild(container) ? mountPlaces(container) : [];
    if (places.length === 0) return options;
    return { ...options, places, init: join(pathsOf(container.id).bundle, 'init') };
  };

  /** For clearing away: where the container's own OCI runtime is not here any more, another does it. */
  async function runtimeParts(id: string): Promise<RuntimeParts> {
    const asked = store.get(id)?.spec.hostConfig.Runtime ?? '';
    return await deps.parts(asked).catch(() => deps.parts(''));
  }

  /** Takes away all that a run leaves on the machine: processes, control groups, mount, bundle. */
  async function clear(id: string): Promise<void> {
    const paths = pathsOf(id);
    const [{ runtime }, driver] = await Promise.all([runtimeParts(id), deps.driver()]);
    await deleteFromRuntime(
      { runtime, runtimeRoot: paths.runtimeRoot, id },
      containerCgroups(paths.bundle, id),
    );
    await Promise.all([deps.networks.release({ id }), driver.unmount({ target: paths.merged })]);
    await deps.mounts.release(id, store.get(id)?.spec.mounts ?? []);
    unmountSharedMemory(paths.sharedMemory);
    // Small, and in memory: waiting for a thread would take longer. A conmon that just ends may still make files there.
    rmSync(paths.bundle, { recursive: true, force: true, maxRetries: 10, retryDelay: 10 });
    await attending.get(id)?.[Symbol.asyncDispose]();
    attending.delete(id);
  }

  async function removeAll(
    container: Container,
    {
      volumes = container.spec.hostConfig.AutoRemove,
      exit,
    }: { volumes?: boolean; exit?: ContainerExit } = {},
  ): Promise<void> {
    const { id } = container;
    await clear(id);
    if (exit !== undefined) recordEnd(container, exit);
    const anonymous = volumes ? deps.mounts.anonymousVolumes(id) : [];
    store.remove(id);
    deps.record(container, 'destroy');
    await removeTree(pathsOf(id).folder);
    await deps.mounts.removeVolumes(anonymous);
  }

  function recordEnd(container: Container, { exitCode, oomKilled, finishedAt }: ContainerExit): void {
    const { startedAt = finishedAt } = container.state;
    if (oomKilled) deps.record(container, 'oom');
    deps.record(container, 'die', {
      execDuration: String(Math.max(0, Math.floor((finishedAt - startedAt) / 1000))),
      exitCode: String(exitCode),
    });
  }

  async function settle(container: Container): Promise<ContainerExit | undefined> {
    const { id, spec } = container;
    const exit = await findExit(container, pathsOf(id), now);
    if (exit === undefined) return undefined;
    if (spec.hostConfig.AutoRemove && store.get(id)?.state.staysAtEnd !== true) {
      await removeAll(container, { exit });
      return exit;
    }
    store.change(id, (current) => afterEnd(current, exit));
    deps.health.end(id);
    await clear(id);
    // Told when its networks are gone, as Docker does.
    recordEnd(container, exit);
    return exit;
  }

  async function placesIn(container: Container): Promise<readonly BoundPath[]> {
    return boundPaths(pathsOf(container.id).files, await deps.mounts.prepare(container));
  }

  async function launch(container: Container, options: StartOptions & StartAgain): Promise<void> {
    const { id, spec } = container;
    const paths = pathsOf(id);
    const [parts, driver] = await Promise.all([deps.parts(spec.hostConfig.Runtime), deps.driver()]);
    rmSync(paths.exitFolder, { recursive: true, force: true });
    mkdirSync(paths.exitFolder);
    mkdirSync(paths.bundle, { recursive: true, mode: 0o700 });
    const { namespaces, sharedMemory } = sharedNamespaces(container, {
      find: (text) => store.find(text),
      sharedMemory: (other) => pathsOf(other).sharedMemory,
    });
    if (spec.hostConfig.IpcMode === 'shareable') {
      mountSharedMemory(paths.sharedMemory, spec.hostConfig.ShmSize ?? defaultShmSize);
    }
    using network = await prepareNetwork(container, deps).catch(networkFailed);
    await writeHostFiles(paths, spec, hostNetwork(container, deps));
    await mountRoot(driver, paths, launchOptions(container));
    const mounts = await deps.mounts.prepare(container);
    const { namespacePath, owner = id } = network;
    await writeRuntimeSpec(
      withEnvironment(container, options.hiddenEnv),
      { ...paths, files: pathsOf(owner).files },
      mounts,
      { ...namespaces, ...(namespacePath === undefined ? {} : { network: namespacePath }) },
      sharedMemory,
    );
    if (options.attended) attending.set(id, await lockFile(paths.attended));
    const logged = logSettings(spec.hostConfig.LogConfig);
    const created = createWithConmon({
      parts,
      id,
      bundle: paths.bundle,
      runtimeRoot: paths.runtimeRoot,
      terminal: spec.config.Tty,
      stdin: spec.config.OpenStdin,
      // A terminal has no end of input: who leaves it can come back and type on.
      leaveStdinOpen: spec.config.Tty || !spec.config.StdinOnce,
      log: logged.kept ? paths.log : undefined,
      logLimit: logged.limit,
      exitFolder: paths.exitFolder,
      exitCommand: exitCommandOf(deps, paths, id),
      held: network.reserved,
    });
    // Meanwhile: it takes a few milliseconds of what the runtime needs.
    const connected = network.connect();
    connected.catch(() => {});
    const { pid } = await created;
    await connected.catch(networkFailed);
    options.attach?.(paths.bundle);
    const monitor = Number(readFileSync(join(paths.bundle, 'conmon.pid'), 'utf8'));
    const { finishedAt } = container.state;
    deps.health.begin(container);
    store.update(id, 'running', {
      pid,
      process: ownerOf(pid),
      monitor: ownerOf(monitor),
      startedAt: now(),
      ...(finishedAt === undefined ? {} : { finishedAt }),
      ...options.restarts,
    });
    network.passOn(ownerOf(pid));
    await startCreated({ runtime: parts.runtime, runtimeRoot: paths.runtimeRoot, id }, pid);
    deps.record(container, 'start');
    await deps.health.ensureKeeper({ ...container, status: 'running' });
  }

  /** With the container's lock held. */
  async function startLocked(container: Container, options: StartOptions & StartAgain): Promise<void> {
    const { id } = container;
    // Whatever a starter that died has left. The mount is looked for only where it can be.
    if (isLeftBehind(pathsOf(id))) await endStrayStarters(pathsOf(id).bundle);
    if (container.status !== 'created' || isLeftBehind(pathsOf(id))) await clear(id);
    try {
      await launch(container, options);
    } catch (error) {
      await fail(container, error);
      throw error;
    }
  }

  return {
    async start(id, options) {
      await using _ = await lockContainer(pathsOf(id), id);
      const found = demand(store.get(id), id);
      if (found.status === 'running' && (await settle(found)) === undefined) return;
      await startLocked(demand(store.get(id), id), options);
    },
    async restart(id, restartAt) {
      const lock = await lockContainer(pathsOf(id), id).catch(unlessGone);
      if (lock === undefined) return;
      await using _ = lock;
      const container = store.get(id);
      if (container?.status !== 'restarting' || container.state.restartAt !== restartAt) return;
      const { restartCount = 0, restartPause = 0 } = container.state;
      await startLocked(container, { attended: false, restarts: { restartCount, restartPause } });
    },
    async cancelRestart(id, note) {
      await using _ = await lockContainer(pathsOf(id), id);
      return store.change(id, (current) => withoutRestart(current, note))?.status !== 'running';
    },
    async attend(id) {
      if (attending.has(id)) return;
      // Where somebody attends to it already, or it has just ended, there is nothing to keep conmon from.
      const lock = await unlessMissing(tryLockFile(pathsOf(id).attended));
      if (lock !== undefined) attending.set(id, lock);
    },
    async recordExit(id) {
      const lock = await lockContainer(pathsOf(id), id).catch(unlessGone);
      if (lock === undefined) return undefined;
      await using _ = lock;
      const container = store.get(id);
      return container?.status === 'running' ? await settle(container) : undefined;
    },
    async remove(id, { force = false, volumes = false } = {}) {
      await using _ = await lockContainer(pathsOf(id), id);
      const container = demand(store.get(id), id);
      const isWaiting = container.status === 'restarting' && !force;
      if (isWaiting || (container.status === 'running' && (await settle(container)) === undefined)) {
        throw new LamellaError(
          'conflict',
          `cannot remove container "${container.name}": ${whyItStays(container)}`,
          { code: 'container-running' },
        );
      }
      if (isLeftBehind(pathsOf(id))) await endStrayStarters(pathsOf(id).bundle);
      if (store.get(id) !== undefined) await removeAll(container, { volumes });
    },
    async withRoot(id, action, { mounts = false } = {}) {
      const paths = pathsOf(id);
      await using _ = await lockContainer(paths, id);
      const container = demand(store.get(id), id);
      if (isActive(container) && (await settle(container)) === undefined) {
        return await action(paths.merged);
      }
      const driver = await deps.driver();
      await driver.unmount({ target: paths.merged });
      await mountRoot(driver, paths, rootOptions(demand(store.get(id), id), false));
      try {
        using _ = mountInRoot(paths.merged, mounts ? await placesIn(container) : []);
        return await action(paths.merged);
      } finally {
        if (mounts) await deps.mounts.release(id, container.spec.mounts);
        await driver.unmount({ target: paths.merged });
      }
    },
    async collect() {
      const names = [folders.root, folders.run].flatMap((folder) => namesIn(join(folder, 'containers')));
      for (const name of new Set(names)) {
        const maker = draftMaker(name);
        if (maker === undefined) await collectOne(name);
        else if (!isPidAlive(maker)) await removeTree(join(folders.root, 'containers', name));
      }
      await deps.mounts.collect((id) => store.get(id) !== undefined && existsSync(pathsOf(id).mounts));
    },
  };

  async function collectOne(id: string): Promise<void> {
    if (!isOrphan(id)) return;
    // Whoever is just removing it goes first; where only the bundle is left, there is no lock.
    await using _ = await lockContainer(pathsOf(id), id).catch(unlessGone);
    if (!isOrphan(id)) return;
    await endStrayStarters(pathsOf(id).bundle);
    await clear(id);
    await removeTree(pathsOf(id).folder);
  }

  function isOrphan(id: string): boolean {
    if (!/^[0-9a-f]{64}$/.test(id) || store.get(id) !== undefined) return false;
    const owner = readOwner(pathsOf(id));
    // Asked last: a row that is added meanwhile has an owner that lives.
    return (owner === undefined || !isOwnerAlive(owner)) && store.get(id) === undefined;
  }

  /** A container that could not start stays as it was, with the reason; one to be removed at its end is removed. */
  async function fail(container: Container, error: unknown): Promise<void> {
    const { id, spec, status, state } = container;
    if (spec.hostConfig.AutoRemove) return await removeAll(container);
    await clear(id);
    const message = messageOf(error);
    const exitCode = isLamellaError(error) ? exitCodeOf(error) : 128;
    const { startedAt, finishedAt } = state;
    store.update(id, status === 'created' ? status : 'exited', {
      ...(startedAt === undefined ? {} : { startedAt }),
      ...(finishedAt === undefined ? {} : { finishedAt }),
      exitCode,
      error: message,
    });
  }
}

/** Where a container mounts something, of what is there to be mounted. */
function mountPlaces({ spec }: Container): MountPlace[] {
  return [
    ...spec.mounts.map(({ source, target }) => ({ path: target, directory: statSync(source).isDirectory() })),
    ...Object.keys(spec.hostConfig.Tmpfs).map((path) => ({ path, directory: true })),
  ];
}

/** With variables besides, for this start alone. */
function withEnvironment(container: Container, more: readonly string[] = []): Container {
  const { spec } = container;
  const Env = [...(spec.config.Env ?? []), ...more];
  return more.length === 0 ? container : { ...container, spec: { ...spec, config: { ...spec.config, Env } } };
}

function demand(container: Container | undefined, id: string): Container {
  if (container === undefined) throw containerNotFound(id);
  return container;
}

function whyItStays({ state }: Container): string {
  return state.paused === true
    ? 'container is paused and must be unpaused first'
    : 'container is running: stop the container before removing or force remove';
}

function isActive({ status }: Container): boolean {
  return status === 'running';
}

function namesIn(folder: string): string[] {
  return existsSync(folder) ? readdirSync(folder) : [];
}

function readOwner({ owner }: ContainerPaths): string | undefined {
  return existsSync(owner) ? readFileSync(owner, 'utf8') : undefined;
}

function isLeftBehind({ bundle, mounts }: ContainerPaths): boolean {
  return existsSync(join(bundle, 'config.json')) || existsSync(mounts);
}

/**
 * flock(1) starts the command only if nobody waits for the container's end: a foreground `run` records the end itself,
 * and needs no second Node.js for it that would start just then.
 */
function exitCommandOf(deps: LifecycleDeps, { attended }: ContainerPaths, id: string): readonly string[] {
  const command = deps.exitCommand(id);
  const flock = findProgram(['flock']);
  return flock === undefined ? command : [flock, '--nonblock', attended, ...command];
}
