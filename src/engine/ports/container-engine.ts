import type { ByteStream } from '../../base/streams.ts';
import type { AttachedStreams, AttachOptions, OutputPiece } from '../../runtime/attach.ts';
import type { ContainerStats } from '../../runtime/container-stats.ts';
import type { ContainerSummary } from '../../runtime/container-summary.ts';
import type { ExecRequest, RunningExec } from '../../runtime/exec.ts';
import type { EndpointRequest, HostConfig } from '../../runtime/host-config.ts';
import type { ContainerTop } from '../../runtime/top.ts';
import type { ContainerRequest } from '../../runtime/types.ts';
import type { ContainerUpdate } from '../../runtime/update-container.ts';
import type { ApiObject, Filters, OperationOptions } from './common.ts';
import type { FileCopyEngine } from './file-copy.ts';
import type { PruneOptions } from './prune-options.ts';

export type {
  EndpointRequest,
  HostConfig,
  AttachedStreams,
  AttachOptions,
  ContainerRequest,
  ContainerStats,
  ContainerSummary,
  ContainerTop,
  ContainerUpdate,
  ExecRequest,
  OutputPiece,
  RunningExec,
};

export interface ContainerChange {
  readonly Path: string;
  /** 0 modified, 1 added, 2 deleted, as the Docker Engine API counts. */
  readonly Kind: 0 | 1 | 2;
}

/** What to make a container of: the image, and of all else what is not Docker's default. */
export interface NewContainer {
  /** Without it one is made up: `brave_curie`. */
  readonly name?: string | undefined;
  /** `os[/architecture[/variant]]`: what the image must be made for. */
  readonly platform?: string | undefined;
  readonly config: Pick<ContainerRequest['config'], 'Image'> & Partial<ContainerRequest['config']>;
  readonly hostConfig?: Partial<HostConfig>;
  /** By network name: how it is on networks besides what `NetworkMode` says. */
  readonly endpoints?: Readonly<Record<string, Partial<EndpointRequest>>>;
  readonly consoleSize?: ContainerRequest['consoleSize'];
  /** The command line that asks for it, behind its verb: with it a unit of systemd can make the container anew. */
  readonly createCommand?: readonly string[];
}

/** A command to run in a container, and of all else what is not the container's own. */
export type NewExec = Pick<ExecRequest, 'command'> & Partial<ExecRequest>;

export interface StopOptions {
  /** `TERM`, `SIGTERM`, `15`; the container's own by default. */
  readonly signal?: string | undefined;
  /** Seconds until SIGKILL, -1 for ever; the container's own by default, or else 10. */
  readonly timeout?: number | undefined;
}

export interface LogOptions {
  /** Go on until the container ends. */
  readonly follow?: boolean;
  readonly timestamps?: boolean;
  /** As written: a date, a Unix time or a duration (`10m`). */
  readonly since?: string | undefined;
  readonly until?: string | undefined;
  /** Lines from the end; all by default. */
  readonly tail?: number;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Containers, by their ID, the beginning of one, or a name.
 *
 *     const { id } = await containers.create({ config: { Image: 'debian', Cmd: ['true'] } });
 *     const ended = containers.wait(id, { condition: 'next-exit' });
 *     await containers.start(id);
 *     const { exitCode } = await ended;
 */
export interface ContainerEngine extends FileCopyEngine {
  create(container: NewContainer): Promise<{ id: string; warnings: readonly string[] }>;
  /** Attach before starting, so that nothing is lost. */
  start(container: string): Promise<void>;
  attach(container: string, options: AttachOptions): Promise<AttachedStreams>;
  /** Newest first; those that run, unless `all`. `limit` gives the newest so many of all, 0 sets none. */
  list(options?: {
    all?: boolean;
    filters?: Filters;
    limit?: number;
    size?: boolean;
  }): Promise<ContainerSummary[]>;
  /** The JSON that `GET /containers/{name}/json` answers, keys in Docker's order. */
  inspect(container: string, options?: { size?: boolean }): Promise<ApiObject>;
  /**
   * Resolves with the exit code when the condition holds, `not-running` by default. Call it before `start` for `next-exit`
   * and `removed`.
   */
  wait(
    container: string,
    options?: { condition?: 'not-running' | 'next-exit' | 'removed'; signal?: AbortSignal | undefined },
  ): Promise<{ exitCode: number; error?: string }>;
  stop(container: string, options?: StopOptions): Promise<void>;
  restart(container: string, options?: StopOptions): Promise<void>;
  /** SIGKILL by default. */
  kill(container: string, options?: { signal?: string }): Promise<void>;
  /** Its processes stand still until `unpause`. */
  pause(container: string): Promise<void>;
  unpause(container: string): Promise<void>;
  /** Changes limits and the restart policy; zero and '' leave as it is. */
  update(container: string, update: ContainerUpdate): Promise<{ warnings: readonly string[] }>;
  /** Its processes, as the machine's ps(1) shows them with `options`, `-ef` by default. */
  top(container: string, options?: string): Promise<ContainerTop>;
  /** What it has taken of the machine until now; all zero for one that does not run. */
  stats(container: string): Promise<ContainerStats>;
  rename(container: string, name: string): Promise<void>;
  /** One that runs only with `force`; with `volumes` also the volumes that nobody gave a name and no other container has. */
  remove(container: string, options?: { force?: boolean; volumes?: boolean }): Promise<void>;
  /** Removes all that do not run. */
  prune(options?: PruneOptions): Promise<{ removed: readonly string[]; spaceReclaimed: number }>;
  logs(container: string, options?: LogOptions): AsyncIterable<OutputPiece>;
  exec(container: string, request: NewExec): Promise<RunningExec>;
  diff(container: string): Promise<ContainerChange[]>;
  /** A tar of all that the container sees. */
  export(container: string, options?: OperationOptions): Promise<{ content: ByteStream }>;
  commit(
    container: string,
    options?: OperationOptions & {
      /** `mine:1`; without it the image has no name. */
      reference?: string | undefined;
      author?: string;
      comment?: string;
      /** Dockerfile instructions, one each. */
      changes?: readonly string[];
      /** Whether the container stands still meanwhile; it does by default. */
      pause?: boolean;
    },
  ): Promise<{
    id: string;
    /** Milliseconds for which the container stood still. */
    pausedFor: number;
  }>;
}
