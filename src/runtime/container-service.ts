import { isLamellaError, LamellaError } from '../base/errors.ts';
import type { Database } from '../db/database.ts';
import { isAbandoned } from './build-container.ts';
import { attachTo, type AttachedStreams, type AttachOptions, type OutputPiece } from './attach.ts';
import { createAttachments } from './attachments.ts';
import { startWanted, stopForShutdown, type BootDeps, type BootReport } from './boot.ts';
import { createContainerMounts } from './mounts/container-mounts.ts';
import { createNetworks } from '../networks/networks.ts';
import { hostNetwork } from './container-network.ts';
import {
  containerPaths,
  mountPointsFolder,
  type ContainerPaths,
  type RuntimeFolders,
} from './container-paths.ts';
import { createContainerEvents, type RecordContainerEvent } from './container-events.ts';
import { createContainerEndings, type ContainerEndings, type StopOptions } from './container-endings.ts';
import { createContainerListing, type ContainerListing } from './container-listing.ts';
import { unlessGone } from './container-lock.ts';
import { notRunning, paused, prefixed } from './container-refusals.ts';
import { openLiveRoot, openMountedRoot, type ContainerRoot } from './container-root.ts';
import { createContainerStore } from './container-store.ts';
import { createContainerResources, type ContainerResources } from './container-resources.ts';
import { createContainer } from './create-container.ts';
import { execIn, type ExecRequest, type RunningExec } from './exec.ts';
import { recordExec, recordResize } from './exec-events.ts';
import { hasEnded } from './exit-record.ts';
import { createEventRecorder } from '../events/event-log.ts';
import { lastExitCode } from '../events/last-exit-code.ts';
import { createLifecycle } from './lifecycle.ts';
import { logSettings } from './logs/log-settings.ts';
import { readLogs, type LogOptions } from './logs/read-logs.ts';
import { parseContainerName } from './names.ts';
import type { RuntimeCall } from './oci-runtime.ts';
import { findRuntimeParts, withRuntime, type RuntimeParts } from './parts.ts';
import { createPauses } from './pause.ts';
import { createContainerHealth } from './health/container-health.ts';
import { hasRestartPolicy } from './restart-policy.ts';
import { createRestarter } from './restarter.ts';
import { refreshHostFiles } from './refresh-host-files.ts';
import type { RootDriver } from './root-file-system.ts';
import { isActive, type Container, type ContainerImage, type ContainerRequest } from './types.ts';
import { createWaiter, type WaitOptions, type WaitResult } from './wait.ts';

export interface ContainerServiceDeps {
  readonly db: Database;
  readonly folders: RuntimeFolders;
  /** Chosen when first needed, which is for running only. */
  readonly driver: () => Promise<RootDriver>;
  /** Program and arguments that call `recordExit(id)`; conmon runs them when a container has ended. */
  readonly exitCommand: (id: string) => readonly string[];
  /** Program and arguments that call `keepHealth()`. */
  readonly keeperCommand: readonly string[];
  readonly now?: () => number;
}

/**
 * Containers, without any daemon: each call looks at the database, the kernel and what conmon has left, so that several
 * processes may use it at once and a container that ended while nobody looked is found ended.
 *
 *     const { id } = await containers.create(request, image);
 *     const streams = await containers.attach(id, { stdin: false, stdout: true, stderr: true });
 *     const ended = containers.wait(id, { condition: 'next-exit' });
 *     await containers.start(id);
 *     for await (const { stream, bytes } of streams.output) process[stream].write(bytes);
 *     const { exitCode } = await ended;
 *
 * A container is named by its ID, its name, or the beginning of its ID. Whoever is not found: LamellaError not-found
 * `container-not-found`.
 */
export interface ContainerService
  extends ContainerResources, ContainerListing, Pick<ContainerEndings, 'kill' | 'stop'> {
  /** Warnings tell what of the request this machine cannot do, and the container does without. */
  create(
    request: ContainerRequest,
    image: ContainerImage,
  ): Promise<{ id: string; warnings: readonly string[] }>;
  /** @param options.hiddenEnv variables that the process has and nobody else learns: they are written down nowhere */
  start(container: string, options?: { hiddenEnv?: readonly string[] }): Promise<void>;
  /** Also before the start, so that nothing is lost. */
  attach(container: string, options: AttachOptions): Promise<AttachedStreams>;
  /** Resolves when the condition holds. Call it before `start` for `next-exit` and `removed`. */
  wait(container: string, options: WaitOptions): Promise<WaitResult>;
  restart(container: string, options: StopOptions): Promise<void>;
  /** Its processes stand still until `unpause`. */
  pause(container: string): Promise<void>;
  unpause(container: string): Promise<void>;
  rename(container: string, name: string): Promise<void>;
  /** @param options.volumes also the volumes that nobody gave a name and no other container has */
  remove(container: string, options: { force: boolean; volumes?: boolean }): Promise<void>;
  logs(container: string, options: LogOptions): AsyncIterable<OutputPiece>;
  exec(container: string, request: ExecRequest): Promise<RunningExec>;
  /** The record of a container, up to date. */
  find(container: string): Promise<Container>;
  /** Brings all records up to date: containers that have ended are recorded as such. */
  refresh(): Promise<Container[]>;
  paths(id: string): ContainerPaths;
  /** The folder with the mount points that an image lacks, which its containers have below their changes; it need not be there. */
  mountPoints(imageId: string): string;
  /**
   * Runs `action` while the container's processes stand still, where it has any: until it is over, or calls `release`,
   * which tells for how many milliseconds they stood.
   */
  whilePaused<T>(container: string, action: (release: () => Promise<number>) => Promise<T>): Promise<T>;
  /** Gives `action` the root as the container sees it, mounted for it where the container does not run. */
  withRoot<T>(container: string, action: (root: string) => Promise<T>): Promise<T>;
  /** Gives `action` the files as the container sees them, with its mounts. */
  withFiles<T>(
    container: string,
    action: (files: ContainerRoot, container: Container) => Promise<T>,
  ): Promise<T>;
  /** Removes what crashes have left of containers that are not in the database (any more), and of networks. */
  collect(): Promise<void>;
  /** Has a running container's files follow the networks that it was connected with or disconnected from. */
  networkChanged(id: string): Promise<void>;
  /**
   * For the hidden command that conmon runs: writes down the end of a container, once, and starts it again when its restart
   * policy says so.
   */
  recordExit(id: string): Promise<void>;
  /** For the hidden command that checks the health of containers, as long as there are any to check. */
  keepHealth(): Promise<void>;
  /** Starts what is to run after a boot, by its restart policy. */
  startWanted(): Promise<BootReport>;
  /** Stops all that run, as the machine goes down. */
  stopForShutdown(): Promise<BootReport>;
  /** Writes down what happened to a container besides. */
  readonly record: RecordContainerEvent;
}

export function createContainerService(deps: ContainerServiceDeps): ContainerService {
  const { db, folders, now = Date.now } = deps;
  const store = createContainerStore(db);
  let parts: Promise<RuntimeParts> | undefined;
  const findParts = async (runtime: string): Promise<RuntimeParts> =>
    await withRuntime(await (parts ??= findRuntimeParts({ run: folders.run })), runtime);
  const recordEvent = createEventRecorder(db, now);
  const record = createContainerEvents(recordEvent);
  const allNetworks = createNetworks({ db, folders, record: recordEvent, now });
  const networks = allNetworks.containers;
  const mounts = createContainerMounts({ ...deps, now, record: recordEvent });
  const health = createContainerHealth({ ...deps, store, now, record, parts: findParts });
  const lifecycle = createLifecycle({
    ...deps,
    store,
    now,
    record,
    health,
    networks,
    mounts,
    parts: findParts,
  });
  const restarter = createRestarter({ ...deps, store, now, lifecycle, database: db.path });
  const waiter = createWaiter({
    store,
    folders,
    lifecycle,
    lastExitCode: (id) => lastExitCode(db, id),
  });
  const attachments = createAttachments();
  const pathsOf = (id: string): ContainerPaths => containerPaths(folders, id);

  async function runtimeCall({ id, spec }: Container): Promise<RuntimeCall> {
    const { runtime } = await findParts(spec.hostConfig.Runtime);
    return { runtime, runtimeRoot: pathsOf(id).runtimeRoot, id };
  }

  const pauses = createPauses({ store, paths: pathsOf, call: runtimeCall, record });

  async function upToDate(container: Container): Promise<Container | undefined> {
    if (container.status === 'restarting') restarter.ensure(container);
    if (container.status !== 'running') return container;
    if (!hasEnded(container.state)) {
      await pauses.endAbandoned(container);
      await health.ensureKeeper(container);
      return container;
    }
    await lifecycle.recordExit(container.id);
    const ended = store.get(container.id);
    if (ended !== undefined) restarter.ensure(ended);
    return ended;
  }

  async function find(text: string): Promise<Container> {
    return (await upToDate(store.find(text))) ?? store.find(text);
  }

  async function refresh(): Promise<Container[]> {
    const current = await Promise.all(store.list().map(upToDate));
    await networks.releaseAbandoned();
    const known = current.filter((container) => container !== undefined);
    const abandoned = known.filter(isAbandoned);
    await Promise.all(
      abandoned.map(({ id }) => remove(id, { force: true, volumes: true }).catch(unlessGone)),
    );
    return known.filter((container) => !abandoned.includes(container));
  }

  async function create(
    request: ContainerRequest,
    image: ContainerImage,
  ): Promise<{ id: string; warnings: readonly string[] }> {
    const { name } = await deps.driver();
    // Whoever asks for one that there is not is told at once.
    if (request.hostConfig.Runtime !== '') await findParts(request.hostConfig.Runtime);
    const { container, warnings } = await createContainer(
      { store, folders, driverName: name, networks, mounts, now },
      request,
      image,
    );
    record(container, 'create');
    return { id: container.id, warnings };
  }

  async function start(
    text: string,
    { hiddenEnv = [] }: { hiddenEnv?: readonly string[] } = {},
  ): Promise<void> {
    const { id, spec, state } = await find(text);
    if (state.paused === true) throw paused('cannot start a paused container, try unpause instead');
    try {
      await lifecycle.start(id, {
        // Whoever waits here may go before a restart is due.
        attended: attachments.isAttended(id) && !hasRestartPolicy(spec.hostConfig),
        attach: (bundle) => attachments.connect(id, bundle),
        hiddenEnv,
      });
    } finally {
      attachments.giveUp(id);
    }
  }

  async function attach(text: string, options: AttachOptions): Promise<AttachedStreams> {
    const container = await find(text);
    const { id, status, state } = container;
    if (state.paused === true) throw paused('You cannot attach to a paused container, unpause it first');
    if (status === 'restarting') {
      throw new LamellaError(
        'conflict',
        'You cannot attach to a restarting container, wait until it is running',
        { code: 'container-restarting' },
      );
    }
    record(container, 'attach');
    const streams =
      status === 'running' ? attachTo(pathsOf(id).bundle, options) : attachments.add(id, options);
    return recordResize(record, container, streams);
  }

  async function waitFor(text: string, options: WaitOptions): Promise<WaitResult> {
    // Counted at once: a start that follows in this turn must know that somebody waits.
    using _ = attachments.expectEnd(store.find(text).id);
    const container = await find(text);
    const result = await waiter.wait(container, options);
    // Its policy may have come while somebody attended to it: then conmon has started nobody who starts it again.
    const ended = store.get(container.id);
    if (ended !== undefined) restarter.ensure(ended);
    return result;
  }

  async function restart(text: string, options: StopOptions): Promise<void> {
    const container = await find(text);
    if (await endings.end(container, options, { stoppedByHand: true, staysAtEnd: true }))
      record(container, 'stop');
    await start(container.id);
    record(container, 'restart');
  }

  async function remove(
    text: string,
    { force, volumes = false }: { force: boolean; volumes?: boolean },
  ): Promise<void> {
    const container = await find(text);
    if (force && container.status === 'running') await endings.endAtOnce(container);
    try {
      await lifecycle.remove(container.id, { force, volumes });
    } catch (error) {
      // One that removes itself at its end may have been faster.
      if (!force || !isLamellaError(error, 'not-found')) throw error;
    }
  }

  async function rename(text: string, name: string): Promise<void> {
    const container = await find(text);
    if (name.replace(/^\//, '') === container.name) {
      throw new LamellaError('invalid', 'Renaming a container with the same name as its current name', {
        code: 'container-name-invalid',
      });
    }
    try {
      store.rename(container.id, parseContainerName(name.startsWith('/') ? name : `/${name}`));
    } catch (error) {
      throw prefixed('Error when allocating new name', error);
    }
    record(store.get(container.id) ?? container, 'rename', { oldName: `/${container.name}` });
    await networks.nameChanged(container.id);
  }

  async function exec(text: string, request: ExecRequest): Promise<RunningExec> {
    const container = await find(text);
    if (container.status !== 'running') throw notRunning(container);
    if (container.state.paused === true) {
      throw paused(`Container ${text} is paused, unpause the container before exec`);
    }
    const [paths, parts] = [pathsOf(container.id), await findParts(container.spec.hostConfig.Runtime)];
    return await recordExec(record, { container, request }, () =>
      execIn(container, request, { paths, parts }),
    );
  }

  async function* logs(text: string, options: LogOptions): AsyncGenerator<OutputPiece> {
    const { id, spec } = await find(text);
    if (!logSettings(spec.hostConfig.LogConfig).kept) {
      throw new LamellaError('unsupported', 'configured logging driver does not support reading', {
        code: 'logs-not-kept',
      });
    }
    const isRunning = async (): Promise<boolean> => {
      const container = store.get(id);
      return container !== undefined && (await upToDate(container))?.status === 'running';
    };
    yield* readLogs(pathsOf(id).log, { ...options, now: now(), isRunning });
  }

  async function withFiles<T>(
    text: string,
    action: (files: ContainerRoot, container: Container) => Promise<T>,
  ): Promise<T> {
    const container = await find(text);
    const { id, spec } = container;
    const paths = pathsOf(id);
    using live = isActive(container.status) ? await openLiveRoot(container, paths.merged) : undefined;
    if (live !== undefined) return await action(live, container);
    return await lifecycle.withRoot(
      id,
      async (merged) => {
        using root = await openMountedRoot(merged, { rootIsReadOnly: spec.hostConfig.ReadonlyRootfs });
        return await action(root, container);
      },
      { mounts: true },
    );
  }

  const around = { store, paths: pathsOf, call: runtimeCall, lifecycle, waiter, pauses, record, now, find };
  const endings = createContainerEndings(around);
  const boot: BootDeps = {
    store,
    lifecycle,
    start,
    async stop(container) {
      const options = { signal: undefined, timeout: undefined };
      if (await endings.end(container, options, { shutsDown: true })) record(container, 'stop');
    },
  };

  return {
    ...createContainerResources(around),
    ...createContainerListing({ ...around, db, networks: allNetworks, recordEvent, refresh }),
    create,
    start,
    attach,
    wait: waitFor,
    stop: (container, options) => endings.stop(container, options),
    restart,
    kill: (container, options) => endings.kill(container, options),
    rename,
    remove,
    logs,
    exec,
    find,
    refresh,
    paths: pathsOf,
    mountPoints: (imageId) => mountPointsFolder(folders, imageId),
    async pause(container) {
      await pauses.pause(await find(container));
    },
    async unpause(container) {
      await pauses.unpause(await find(container));
    },
    async whilePaused(text, action) {
      const container = await find(text);
      return container.status === 'running'
        ? await pauses.whilePaused(container, action)
        : await action(() => Promise.resolve(0));
    },
    async withRoot(container, action) {
      const { id } = await find(container);
      return await lifecycle.withRoot(id, action);
    },
    withFiles,
    async collect() {
      await lifecycle.collect();
      await networks.releaseAbandoned();
      await allNetworks.bridges.sweep();
    },
    async networkChanged(id) {
      const container = store.get(id);
      if (container?.status !== 'running') return;
      await refreshHostFiles(pathsOf(id), container.spec, hostNetwork(container, { store, networks }));
    },
    async recordExit(id) {
      await lifecycle.recordExit(id);
      await restarter.attend(id);
    },
    keepHealth: () => health.keep(),
    startWanted: () => startWanted(boot),
    stopForShutdown: () => stopForShutdown(boot),
    record,
  };
}
