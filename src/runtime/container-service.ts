import { constants } from 'node:os';
import { isLamellaError, LamellaError } from '../base/errors.ts';
import type { JsonObject } from '../base/json.ts';
import type { Database } from '../db/database.ts';
import type { Filters } from '../images/filters.ts';
import { attachTo, type AttachedStreams, type AttachOptions, type OutputPiece } from './attach.ts';
import { createAttachments } from './attachments.ts';
import { filterContainers } from './container-filters.ts';
import { containerJson } from './container-json.ts';
import {
  containerPaths,
  mountPointsFolder,
  type ContainerPaths,
  type RuntimeFolders,
} from './container-paths.ts';
import { createContainerStore } from './container-store.ts';
import { containerSummary, type ContainerSummary } from './container-summary.ts';
import { createContainer } from './create-container.ts';
import { execIn, type ExecRequest, type RunningExec } from './exec.ts';
import { hasEnded } from './exit-record.ts';
import { createLifecycle } from './lifecycle.ts';
import { readLogs, type LogOptions } from './logs/read-logs.ts';
import { parseContainerName } from './names.ts';
import type { RuntimeCall } from './oci-runtime.ts';
import { findRuntimeParts, type RuntimeParts } from './parts.ts';
import { endAbandonedPause, whilePaused } from './pause.ts';
import type { RootDriver } from './root-file-system.ts';
import { sendSignal } from './send-signal.ts';
import { parseSentSignal } from './signals.ts';
import type { Container, ContainerImage, ContainerRequest } from './types.ts';
import { createWaiter, type WaitOptions, type WaitResult } from './wait.ts';
import { writableSize } from './writable-size.ts';

export interface ContainerServiceDeps {
  readonly db: Database;
  readonly folders: RuntimeFolders;
  /** Chosen when first needed, which is for running only. */
  readonly driver: () => Promise<RootDriver>;
  /** Program and arguments that call `recordExit(id)`; conmon runs them when a container has ended. */
  readonly exitCommand: (id: string) => readonly string[];
  readonly now?: () => number;
}

interface StopOptions {
  /** undefined takes the container's own. */
  readonly signal: string | undefined;
  /** Seconds of grace: undefined takes the container's own, -1 waits for ever. */
  readonly timeout: number | undefined;
}

interface ListOptions {
  readonly all: boolean;
  readonly filters: Filters;
  /** The newest so many, whatever their state; 0 for all. */
  readonly limit: number;
  /** Also count the bytes. */
  readonly size: boolean;
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
export interface ContainerService {
  create(request: ContainerRequest, image: ContainerImage): Promise<Container>;
  start(container: string): Promise<void>;
  /** Also before the start, so that nothing is lost. */
  attach(container: string, options: AttachOptions): Promise<AttachedStreams>;
  /** Resolves when the condition holds. Call it before `start` for `next-exit` and `removed`. */
  wait(container: string, options: WaitOptions): Promise<WaitResult>;
  stop(container: string, options: StopOptions): Promise<void>;
  restart(container: string, options: StopOptions): Promise<void>;
  kill(container: string, options: { signal: string }): Promise<void>;
  rename(container: string, name: string): Promise<void>;
  remove(container: string, options: { force: boolean }): Promise<void>;
  /** Removes all that do not run. */
  prune(options: { filters: Filters }): Promise<{ removed: readonly string[]; spaceReclaimed: number }>;
  logs(container: string, options: LogOptions): AsyncIterable<OutputPiece>;
  exec(container: string, request: ExecRequest): Promise<RunningExec>;
  list(options: ListOptions): Promise<ContainerSummary[]>;
  inspect(container: string, options?: { size?: boolean }): Promise<JsonObject>;
  /** The record of a container, up to date. */
  find(container: string): Promise<Container>;
  /** Brings all records up to date: containers that have ended are recorded as such. */
  refresh(): Promise<Container[]>;
  paths(id: string): ContainerPaths;
  /** The folder with the mount points that an image lacks, which its containers have below their changes; it need not be there. */
  mountPoints(imageId: string): string;
  /** Runs `action` while the container's processes stand still, where it has any. */
  whilePaused<T>(container: string, action: () => Promise<T>): Promise<T>;
  /** Gives `action` the root as the container sees it, mounted for it where the container does not run. */
  withRoot<T>(container: string, action: (root: string) => Promise<T>): Promise<T>;
  /** Removes what crashes have left of containers that are not in the database (any more). */
  collect(): Promise<void>;
  /** For the hidden command that conmon runs: writes down the end of a container, once. */
  recordExit(id: string): Promise<void>;
}

/** Seconds between the stop signal and SIGKILL. */
const defaultStopTimeout = 10;

export function createContainerService(deps: ContainerServiceDeps): ContainerService {
  const { db, folders, now = Date.now } = deps;
  const store = createContainerStore(db);
  let parts: Promise<RuntimeParts> | undefined;
  const findParts = (): Promise<RuntimeParts> => (parts ??= findRuntimeParts({ run: folders.run }));
  const lifecycle = createLifecycle({ ...deps, store, now, parts: findParts });
  const waiter = createWaiter({ store, folders, lifecycle });
  const attachments = createAttachments();
  const pathsOf = (id: string): ContainerPaths => containerPaths(folders, id);

  async function runtimeCall(id: string): Promise<RuntimeCall> {
    return { runtime: (await findParts()).runtime, runtimeRoot: pathsOf(id).runtimeRoot, id };
  }

  async function upToDate(container: Container): Promise<Container | undefined> {
    if (container.status !== 'running') return container;
    if (!hasEnded(container.state)) {
      await endAbandonedPause(() => runtimeCall(container.id), pathsOf(container.id));
      return container;
    }
    await lifecycle.recordExit(container.id);
    return store.get(container.id);
  }

  async function find(text: string): Promise<Container> {
    return (await upToDate(store.find(text))) ?? store.find(text);
  }

  async function refresh(): Promise<Container[]> {
    const current = await Promise.all(store.list().map(upToDate));
    return current.filter((container) => container !== undefined);
  }

  async function create(request: ContainerRequest, image: ContainerImage): Promise<Container> {
    const { name } = await deps.driver();
    return await createContainer({ store, folders, driverName: name, now }, request, image);
  }

  async function start(text: string): Promise<void> {
    const { id } = await find(text);
    try {
      await lifecycle.start(id, {
        attended: attachments.isAttended(id),
        attach: (bundle) => attachments.connect(id, bundle),
      });
    } finally {
      attachments.giveUp(id);
    }
  }

  async function attach(text: string, options: AttachOptions): Promise<AttachedStreams> {
    const { id, status } = await find(text);
    return status === 'running' ? attachTo(pathsOf(id).bundle, options) : attachments.add(id, options);
  }

  async function waitFor(text: string, options: WaitOptions): Promise<WaitResult> {
    // Counted at once: a start that follows in this turn must know that somebody waits.
    using _ = attachments.expectEnd(store.find(text).id);
    return await waiter.wait(await find(text), options);
  }

  async function kill(text: string, { signal }: { signal: string }): Promise<void> {
    try {
      const number = parseSentSignal(signal);
      const container = await find(text);
      if (container.status !== 'running') throw notRunning(container.id);
      sendSignal(container, number);
      if (number === constants.signals.SIGKILL) await waiter.waitForEnd(container.id);
    } catch (error) {
      throw prefixed(`cannot kill container: ${text}`, error);
    }
  }

  async function stop(text: string, { signal, timeout }: StopOptions): Promise<void> {
    const container = await find(text);
    if (container.status !== 'running') return;
    const { config } = container.spec;
    const seconds = timeout ?? config.StopTimeout ?? defaultStopTimeout;
    sendSignal(container, parseSentSignal(signal ?? config.StopSignal ?? 'SIGTERM'));
    const grace = seconds < 0 ? undefined : AbortSignal.timeout(seconds * 1000);
    try {
      await waiter.waitForEnd(container.id, grace);
    } catch (error) {
      if (grace?.aborted !== true) throw error;
      sendSignal(container, constants.signals.SIGKILL);
      await waiter.waitForEnd(container.id);
    }
  }

  async function remove(text: string, { force }: { force: boolean }): Promise<void> {
    const container = await find(text);
    if (force && container.status === 'running') {
      sendSignal(container, constants.signals.SIGKILL);
      await waiter.waitForEnd(container.id);
    }
    try {
      await lifecycle.remove(container.id);
    } catch (error) {
      // One that removes itself at its end may have been faster.
      if (!force || !isLamellaError(error, 'not-found')) throw error;
    }
  }

  async function prune({ filters }: { filters: Filters }): Promise<{
    removed: readonly string[];
    spaceReclaimed: number;
  }> {
    const all = await refresh();
    const removed: string[] = [];
    let spaceReclaimed = 0;
    for (const { id, status } of filterContainers(all, filters, { all, now: now() })) {
      if (status === 'running' || status === 'paused') continue;
      const size = await writableSize(pathsOf(id).upper);
      try {
        await lifecycle.remove(id);
      } catch (error) {
        // Somebody else has removed or started it meanwhile.
        if (isLamellaError(error, 'not-found') || isLamellaError(error, 'conflict')) continue;
        throw error;
      }
      removed.push(id);
      spaceReclaimed += size;
    }
    return { removed, spaceReclaimed };
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
  }

  async function exec(text: string, request: ExecRequest): Promise<RunningExec> {
    const container = await find(text);
    if (container.status !== 'running') throw notRunning(container.id);
    return await execIn(container, request, { paths: pathsOf(container.id), parts: await findParts() });
  }

  async function* logs(text: string, options: LogOptions): AsyncGenerator<OutputPiece> {
    const { id } = await find(text);
    const isRunning = async (): Promise<boolean> => {
      const container = store.get(id);
      return container !== undefined && (await upToDate(container))?.status === 'running';
    };
    yield* readLogs(pathsOf(id).log, { ...options, now: now(), isRunning });
  }

  async function sizes({ id, imageId }: Container): Promise<{ SizeRw: number; SizeRootFs: number }> {
    const written = await writableSize(pathsOf(id).upper);
    const image = db.get<{ size: number }>('SELECT size FROM images WHERE id = ?', imageId)?.size ?? 0;
    return { SizeRw: written, SizeRootFs: written + image };
  }

  async function list({ all, filters, limit, size }: ListOptions): Promise<ContainerSummary[]> {
    const known = await refresh();
    const passed = filterContainers(known, filters, { all: known, now: now() });
    const everyState = all || limit > 0 || filters['status'] !== undefined || filters['exited'] !== undefined;
    const shown = everyState ? passed : passed.filter(({ status }) => isActive(status));
    return await Promise.all(
      (limit > 0 ? shown.slice(0, limit) : shown).map(async (container) => ({
        ...containerSummary(container, now()),
        ...(size ? await sizes(container) : {}),
      })),
    );
  }

  async function inspect(text: string, { size = false }: { size?: boolean } = {}): Promise<JsonObject> {
    const container = await find(text);
    return { ...containerJson(container, pathsOf(container.id)), ...(size ? await sizes(container) : {}) };
  }

  return {
    create,
    start,
    attach,
    wait: waitFor,
    stop,
    async restart(container, options) {
      await stop(container, options);
      await start(container);
    },
    kill,
    rename,
    remove,
    prune,
    logs,
    exec,
    list,
    inspect,
    find,
    refresh,
    paths: pathsOf,
    mountPoints: (imageId) => mountPointsFolder(folders, imageId),
    async whilePaused(text, action) {
      const { id, status } = await find(text);
      return status === 'running'
        ? await whilePaused(await runtimeCall(id), pathsOf(id), action)
        : await action();
    },
    async withRoot(container, action) {
      const { id } = await find(container);
      return await lifecycle.withRoot(id, action);
    },
    collect: () => lifecycle.collect(),
    recordExit: async (id) => void (await lifecycle.recordExit(id)),
  };
}

function isActive(status: Container['status']): boolean {
  return status === 'running' || status === 'paused';
}

function notRunning(id: string): LamellaError {
  return new LamellaError('conflict', `container ${id} is not running`, { code: 'container-not-running' });
}

function prefixed(prefix: string, error: unknown): unknown {
  if (!isLamellaError(error)) return error;
  return new LamellaError(error.kind, `${prefix}: ${error.message}`, {
    code: error.code,
    ...(error.hint === undefined ? {} : { hint: error.hint }),
    cause: error,
  });
}
