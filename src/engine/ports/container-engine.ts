import type { ByteStream } from '../../base/streams.ts';
import type { ApiObject, Filters, OperationOptions } from './common.ts';

/** One row of `GET /containers/json` of the Docker Engine API. */
export interface ContainerSummary {
  readonly Id: string;
  /** With the leading slash, as Docker has it. */
  readonly Names: readonly string[];
  readonly Image: string;
  readonly ImageID: string;
  /** The whole command line as one string. */
  readonly Command: string;
  /** Seconds since 1970. */
  readonly Created: number;
  readonly State: string;
  /** `Up 3 minutes`, `Exited (0) 2 hours ago`, `Created`. */
  readonly Status: string;
  readonly Labels: Readonly<Record<string, string>>;
  readonly Mounts: readonly ApiObject[];
  readonly Ports: readonly ApiObject[];
  readonly HostConfig: { readonly NetworkMode: string };
  /** Names of the networks it is on. */
  readonly Networks: readonly string[];
  /** Bytes in the writable layer and in all layers; only with `size`. */
  readonly SizeRw?: number;
  readonly SizeRootFs?: number;
}

/** What `run` and `create` ask for: the parts of Docker's Config and HostConfig that Lamella knows. */
export interface ContainerRequest {
  readonly name: string | undefined;
  readonly platform: string | undefined;
  readonly config: {
    readonly Image: string;
    /** undefined takes the image's. */
    readonly Cmd: readonly string[] | undefined;
    /** undefined takes the image's; [''] resets it. */
    readonly Entrypoint: readonly string[] | undefined;
    /** `NAME=value`; a bare `NAME` of the command line was resolved from the environment or left out already. */
    readonly Env: readonly string[];
    readonly Labels: Readonly<Record<string, string>>;
    readonly Hostname: string;
    readonly User: string;
    readonly WorkingDir: string;
    readonly Tty: boolean;
    readonly OpenStdin: boolean;
    readonly StdinOnce: boolean;
    readonly AttachStdin: boolean;
    readonly AttachStdout: boolean;
    readonly AttachStderr: boolean;
    readonly StopSignal: string | undefined;
    readonly StopTimeout: number | undefined;
  };
  readonly hostConfig: {
    readonly AutoRemove: boolean;
    /** `source:target[:options]`; the source is absolute or a volume's name. */
    readonly Binds: readonly string[];
    /** Path to mount options. */
    readonly Tmpfs: Readonly<Record<string, string>>;
    readonly NetworkMode: string;
    readonly ReadonlyRootfs: boolean;
    readonly Init: boolean | undefined;
    readonly Privileged: boolean;
    readonly CapAdd: readonly string[];
    readonly CapDrop: readonly string[];
    /** Bytes; 0 is unlimited. */
    readonly Memory: number;
    /** Billionths of a CPU; 0 is unlimited. */
    readonly NanoCpus: number;
    readonly PidsLimit: number | undefined;
    readonly ShmSize: number | undefined;
  };
  /** Rows and columns the terminal starts with, where there is one: [0, 0] otherwise. */
  readonly consoleSize: readonly [rows: number, columns: number];
}

export interface OutputPiece {
  readonly stream: 'stdout' | 'stderr';
  readonly bytes: Uint8Array;
}

/** A connection to a container's (or an exec's) standard streams. With a terminal everything comes on `stdout`. */
export interface AttachedStreams extends AsyncDisposable {
  /** Ends when the process has closed its output, or after `detach`. */
  readonly output: AsyncIterable<OutputPiece>;
  write(bytes: Uint8Array): Promise<void>;
  /** End of input. */
  closeInput(): Promise<void>;
  resize(size: { rows: number; columns: number }): Promise<void>;
}

export interface AttachOptions {
  readonly stdin: boolean;
  readonly stdout: boolean;
  readonly stderr: boolean;
  readonly signal?: AbortSignal;
}

export interface ExecRequest {
  readonly command: readonly string[];
  readonly tty: boolean;
  readonly stdin: boolean;
  readonly detach: boolean;
  readonly privileged: boolean;
  readonly env: readonly string[];
  readonly user: string;
  readonly workingDir: string;
  readonly consoleSize: readonly [rows: number, columns: number];
}

export interface RunningExec extends AttachedStreams {
  /** The exit code, once the process has ended. */
  readonly exitCode: Promise<number>;
}

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
    options: { condition: 'not-running' | 'next-exit' | 'removed'; signal?: AbortSignal },
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
      signal?: AbortSignal;
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
