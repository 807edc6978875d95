import { constants } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import { isLamellaError, LamellaError, systemErrorCode } from '../base/errors.ts';
import type { Database } from '../db/database.ts';
import { attachTo, type AttachedStreams, type AttachOptions, type OutputPiece } from './attach.ts';
import { containerPaths, type ContainerPaths, type RuntimeFolders } from './container-paths.ts';
import { createContainerStore } from './container-store.ts';
import { createContainer } from './create-container.ts';
import { execIn, type ExecRequest, type RunningExec } from './exec.ts';
import { hasEnded, readExit, waitForExitFile } from './exit-record.ts';
import { createLifecycle } from './lifecycle.ts';
import { readLogs, type LogOptions } from './logs/read-logs.ts';
import { parseContainerName } from './names.ts';
import { findRuntimeParts, type RuntimeParts } from './parts.ts';
import { pendingStreams } from './pending-streams.ts';
import type { RootDriver } from './root-file-system.ts';
import { parseSignal } from './signals.ts';
import type { Container, ContainerImage, ContainerRequest, ContainerState } from './types.ts';

export interface ContainerServiceDeps {
  readonly db: Database;
  readonly folders: RuntimeFolders;
  /** Chosen when first needed, which is for running only. */
  readonly driver: () => Promise<RootDriver>;
  /** The driver's name, which new containers keep. */
  readonly driverName: string;
  /** Program and arguments that call `recordExit(id)`; conmon runs them when a container has ended. */
  readonly exitCommand: (id: string) => readonly string[];
  readonly now?: () => number;
  readonly env?: NodeJS.ProcessEnv;
}

export type WaitCondition = 'not-running' | 'next-exit' | 'removed';

export interface StopOptions {
  /** undefined takes the container's own. */
  readonly signal: string | undefined;
  /** Seconds of grace: undefined takes the container's own, -1 waits for ever. */
  readonly timeout: number | undefined;
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
 * A container is named by its ID, its name, or the beginning of its ID.
 */
export interface ContainerService {
  create(request: ContainerRequest, image: ContainerImage): Promise<Container>;
  start(container: string): Promise<void>;
  /** Also before the start, so that nothing is lost. */
  attach(container: string, options: AttachOptions): Promise<AttachedStreams>;
  /** Resolves when the condition holds. Call it before `start` for `next-exit` and `removed`. */
  wait(
    container: string,
    options: { condition: WaitCondition; signal?: AbortSignal },
  ): Promise<{ exitCode: number; error?: string }>;
  stop(container: string, options: StopOptions): Promise<void>;
  restart(container: string, options: StopOptions): Promise<void>;
  kill(container: string, options: { signal: string }): Promise<void>;
  rename(container: string, name: string): Promise<void>;
  remove(container: string, options: { force: boolean }): Promise<void>;
  logs(container: string, options: LogOptions): AsyncIterable<OutputPiece>;
  exec(container: string, request: ExecRequest): Promise<RunningExec>;
  /** As they are now: those that have ended are recorded as such first. Newest first. */
  list(): Promise<Container[]>;
  find(container: string): Promise<Container>;
  paths(id: string): ContainerPaths;
  /** What a removed container leaves alone is also what a layer diff needs: the root as the container sees it. */
  withRoot<T>(container: string, action: (root: string) => Promise<T>): Promise<T>;
  /** For the hidden command that conmon runs: writes down the end of a container, once. */
  recordExit(id: string): Promise<void>;
}

interface Pending {
  readonly options: AttachOptions;
  readonly connect: (real: AttachedStreams | undefined) => void;
}

export function createContainerService(deps: ContainerServiceDeps): ContainerService {
  const { db, folders, driverName, now = Date.now } = deps;
  const store = createContainerStore(db);
  let parts: Promise<RuntimeParts> | undefined;
  const findParts = (): Promise<RuntimeParts> =>
    (parts ??= findRuntimeParts({ run: folders.run, ...(deps.env === undefined ? {} : { env: deps.env }) }));
  const lifecycle = createLifecycle({
    store,
    folders,
    parts: findParts,
    driver: deps.driver,
    exitCommand: deps.exitCommand,
    now,
  });
  const pathsOf = (id: string): ContainerPaths => containerPaths(folders, id);
  /** Of containers that this process is about to start: who wants their streams, and how many wait for their end. */
  const pending = new Map<string, Set<Pending>>();
  const waiting = new Map<string, number>();

  async function upToDate(container: Container): Promise<Container | undefined> {
    if (container.status !== 'running' || !hasEnded(container.state)) return container;
    await lifecycle.recordExit(container.id);
    return store.get(container.id);
  }

  async function find(text: string): Promise<Container> {
    return (await upToDate(store.find(text))) ?? store.find(text);
  }

  async function start(text: string): Promise<void> {
    const { id } = await find(text);
    const attachers = pending.get(id) ?? new Set<Pending>();
    pending.delete(id);
    try {
      await lifecycle.start(id, {
        attended: attachers.size > 0 || (waiting.get(id) ?? 0) > 0,
        attach: (bundle) => {
          for (const { options, connect } of attachers) connect(attachTo(bundle, options));
        },
      });
    } finally {
      for (const { connect } of attachers) connect(undefined);
    }
  }

  async function attach(text: string, options: AttachOptions): Promise<AttachedStreams> {
    const { id, status } = await find(text);
    if (status === 'running') return attachTo(pathsOf(id).bundle, options);
    const attachers = pending.get(id) ?? new Set();
    pending.set(id, attachers);
    const { streams, connect } = pendingStreams({ forget: () => void attachers.delete(entry) });
    const entry = { options, connect };
    attachers.add(entry);
    return streams;
  }

  /** Waits for the beginning of a run that is not the one `before` tells of; false where the container goes instead. */
  async function waitForStart(id: string, before: Container, signal?: AbortSignal): Promise<boolean> {
    for (;;) {
      signal?.throwIfAborted();
      const container = store.get(id);
      if (container === undefined) return false;
      if (container.status === 'running' || container.state.startedAt !== before.state.startedAt) return true;
      // Short, since the process may have ended before a longer pause does; the row is a few microseconds away.
      await delay(5);
    }
  }

  async function waitForEnd(id: string, signal?: AbortSignal): Promise<ContainerState | undefined> {
    const isGone = (): boolean => {
      const container = store.get(id);
      return container?.status !== 'running' || hasEnded(container.state);
    };
    await waitForExitFile(pathsOf(id), { isGone, ...(signal === undefined ? {} : { signal }) });
    const seen = await readExit(pathsOf(id));
    return (await lifecycle.recordExit(id)) ?? store.get(id)?.state ?? seen;
  }

  async function wait(
    text: string,
    { condition, signal }: { condition: WaitCondition; signal?: AbortSignal },
  ): Promise<{ exitCode: number; error?: string }> {
    // Counted at once: a start that follows in this turn must know that somebody waits.
    const { id } = store.find(text);
    waiting.set(id, (waiting.get(id) ?? 0) + 1);
    try {
      const container = await find(text);
      if (condition !== 'next-exit' && ['exited', 'dead'].includes(container.status)) {
        if (condition === 'not-running' || container.spec.hostConfig.AutoRemove)
          return resultOf(container.state);
      }
      if (condition === 'not-running' && container.status === 'created') return resultOf(container.state);
      if (condition !== 'not-running' && container.status !== 'running') {
        if (!(await waitForStart(id, container, signal))) return resultOf(container.state);
      }
      const end = await waitForEnd(id, signal);
      while (condition === 'removed' && store.get(id) !== undefined) {
        signal?.throwIfAborted();
        await delay(20);
      }
      return resultOf(end ?? {});
    } finally {
      waiting.set(id, (waiting.get(id) ?? 1) - 1);
    }
  }

  async function kill(text: string, options: { signal: string }): Promise<void> {
    const prefix = `cannot kill container: ${text}`;
    const container = await find(text).catch((error: unknown) => {
      throw prefixed(prefix, error);
    });
    if (container.status !== 'running') {
      throw new LamellaError('conflict', `${prefix}: container ${container.id} is not running`, {
        code: 'container-not-running',
      });
    }
    let signal;
    try {
      signal = parseSignal(options.signal);
    } catch (error) {
      throw prefixed(prefix, error);
    }
    sendSignal(container, signal);
    if (signal === constants.signals.SIGKILL) await waitForEnd(container.id);
  }

  async function stop(text: string, { signal, timeout }: StopOptions): Promise<void> {
    const container = await find(text);
    if (container.status !== 'running') return;
    const { config } = container.spec;
    const chosen = parseSignal(signal ?? config.StopSignal ?? 'SIGTERM');
    const seconds = timeout ?? config.StopTimeout ?? defaultStopTimeout;
    sendSignal(container, chosen);
    const grace = seconds < 0 ? undefined : AbortSignal.timeout(seconds * 1000);
    try {
      await waitForEnd(container.id, grace);
    } catch (error) {
      if (grace?.aborted !== true) throw error;
      sendSignal(container, constants.signals.SIGKILL);
      await waitForEnd(container.id);
    }
  }

  async function remove(text: string, { force }: { force: boolean }): Promise<void> {
    const container = await find(text);
    if (force && container.status === 'running') {
      sendSignal(container, constants.signals.SIGKILL);
      await waitForEnd(container.id);
    }
    try {
      await lifecycle.remove(container.id);
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
  }

  async function exec(text: string, request: ExecRequest): Promise<RunningExec> {
    const container = await find(text);
    if (container.status !== 'running') {
      throw new LamellaError('conflict', `container ${container.id} is not running`, {
        code: 'container-not-running',
      });
    }
    return await execIn(container, request, { paths: pathsOf(container.id), parts: await findParts() });
  }

  async function* logs(text: string, options: LogOptions): AsyncGenerator<OutputPiece> {
    const { id } = await find(text);
    yield* readLogs(pathsOf(id).log, {
      ...options,
      now: now(),
      isRunning: async () => (await find(id).catch(() => undefined))?.status === 'running',
    });
  }

  async function list(): Promise<Container[]> {
    const current = await Promise.all(store.list().map(upToDate));
    return current.filter((container) => container !== undefined);
  }

  return {
    create: (request, image) => createContainer({ store, folders, driverName, now }, request, image),
    start,
    attach,
    wait,
    stop,
    async restart(container, options) {
      await stop(container, options);
      await start(container);
    },
    kill,
    rename,
    remove,
    logs,
    exec,
    list,
    find,
    paths: pathsOf,
    async withRoot(container, action) {
      const { id } = await find(container);
      return await lifecycle.withRoot(id, action);
    },
    recordExit: async (id) => void (await lifecycle.recordExit(id)),
  };
}

/** Seconds between the stop signal and SIGKILL. */
const defaultStopTimeout = 10;

/** The process is known by more than its pid, so that no other one can be hit. */
function sendSignal({ state }: Container, signal: number): void {
  if (state.pid === undefined || hasEnded(state)) return;
  try {
    process.kill(state.pid, signal);
  } catch (error) {
    if (systemErrorCode(error) !== 'ESRCH') throw error;
  }
}

function resultOf({ exitCode, error }: ContainerState): { exitCode: number; error?: string } {
  return { exitCode: exitCode ?? 0, ...(error === undefined ? {} : { error }) };
}

function prefixed(prefix: string, error: unknown): unknown {
  if (!isLamellaError(error)) return error;
  return new LamellaError(error.kind, `${prefix}: ${error.message}`, {
    code: error.code,
    ...(error.hint === undefined ? {} : { hint: error.hint }),
    cause: error,
  });
}
