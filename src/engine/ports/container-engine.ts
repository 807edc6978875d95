import type { ByteStream } from '../../base/streams.ts';
import type { AttachedStreams, AttachOptions, OutputPiece } from '../../runtime/attach.ts';
import type { ContainerSummary } from '../../runtime/container-summary.ts';
import type { ExecRequest, RunningExec } from '../../runtime/exec.ts';
import type { ContainerRequest } from '../../runtime/types.ts';
import type { ApiObject, Filters, OperationOptions } from './common.ts';

export type {
  AttachedStreams,
  AttachOptions,
  ContainerRequest,
  ContainerSummary,
  ExecRequest,
  OutputPiece,
  RunningExec,
};

export interface ContainerChange {
  readonly Path: string;
  /** 0 modified, 1 added, 2 deleted, as the Docker Engine API counts. */
  readonly Kind: 0 | 1 | 2;
}

export interface ContainerEngine {
  create(request: ContainerRequest): Promise<{ id: string; warnings: readonly string[] }>;
  /** Attach before starting, so that nothing is lost. */
  start(container: string): Promise<void>;
  attach(container: string, options: AttachOptions): Promise<AttachedStreams>;
  list(options: {
    all: boolean;
    filters: Filters;
    limit: number;
    size: boolean;
  }): Promise<ContainerSummary[]>;
  /** The JSON that `GET /containers/{name}/json` answers, keys in Docker's order. */
  inspect(container: string, options?: { size?: boolean }): Promise<ApiObject>;
  /** Resolves with the exit code when the condition holds. Call it before `start` for `next-exit` and `removed`. */
  wait(
    container: string,
    options: { condition: 'not-running' | 'next-exit' | 'removed'; signal?: AbortSignal | undefined },
  ): Promise<{ exitCode: number; error?: string }>;
  /** Seconds of grace: undefined takes the container's own, -1 waits for ever. */
  stop(
    container: string,
    options: { signal: string | undefined; timeout: number | undefined },
  ): Promise<void>;
  restart(
    container: string,
    options: { signal: string | undefined; timeout: number | undefined },
  ): Promise<void>;
  kill(container: string, options: { signal: string }): Promise<void>;
  rename(container: string, name: string): Promise<void>;
  remove(container: string, options: { force: boolean; volumes: boolean }): Promise<void>;
  prune(options: { filters: Filters }): Promise<{ removed: readonly string[]; spaceReclaimed: number }>;
  logs(
    container: string,
    options: {
      follow: boolean;
      timestamps: boolean;
      /** As written: a date, a Unix time or a duration (`10m`). */
      since: string | undefined;
      until: string | undefined;
      /** Lines from the end; Infinity for all. */
      tail: number;
      signal?: AbortSignal | undefined;
    },
  ): AsyncIterable<OutputPiece>;
  exec(container: string, request: ExecRequest): Promise<RunningExec>;
  diff(container: string): Promise<ContainerChange[]>;
  export(container: string, options: OperationOptions): Promise<{ content: ByteStream }>;
  commit(
    container: string,
    options: OperationOptions & {
      reference: string | undefined;
      author: string;
      comment: string;
      changes: readonly string[];
      pause: boolean;
    },
  ): Promise<{ id: string }>;
}
