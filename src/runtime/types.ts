import type { Healthcheck } from '../oci/container-config.ts';
import type { Digest } from '../oci/digest.ts';
import type { Health } from './health/health-state.ts';
import type { EndpointRequest, HostConfig } from './host-config.ts';
import type { ContainerMount } from './mounts/container-mount.ts';
import type { MountedImage } from './mounts/plan-mounts.ts';

/** What a container takes from its image: the parts of the image's config that concern a process. */
export interface ContainerImage {
  /** `sha256:<hex>` of the config. */
  readonly id: string;
  /** The layers, bottom first. */
  readonly diffIds: readonly Digest[];
  readonly os: string;
  readonly architecture: string;
  readonly config: ImageDefaults;
}

/** Field names and meaning as in the OCI image configuration (config.md, "config"). */
export interface ImageDefaults {
  readonly User?: string | undefined;
  readonly ExposedPorts?: Readonly<Record<string, object>> | null | undefined;
  readonly Env?: readonly string[] | null | undefined;
  readonly Entrypoint?: readonly string[] | null | undefined;
  readonly Cmd?: readonly string[] | null | undefined;
  readonly Volumes?: Readonly<Record<string, object>> | null | undefined;
  readonly WorkingDir?: string | undefined;
  readonly Labels?: Readonly<Record<string, string>> | null | undefined;
  readonly StopSignal?: string | undefined;
  readonly Healthcheck?: Healthcheck | undefined;
}

/** What `run` and `create` ask for: the parts of Docker's Config and HostConfig that Lamella knows. */
export interface ContainerRequest {
  /** undefined takes a random one. */
  readonly name: string | undefined;
  readonly platform: string | undefined;
  readonly config: {
    /** The image as the person wrote it. */
    readonly Image: string;
    /** undefined takes the image's. */
    readonly Cmd: readonly string[] | undefined;
    /** undefined takes the image's; [''] resets it. */
    readonly Entrypoint: readonly string[] | undefined;
    /** `NAME=value`; a bare `NAME` of the command line was resolved from the environment or left out already. */
    readonly Env: readonly string[];
    readonly Labels: Readonly<Record<string, string>>;
    readonly Hostname: string;
    readonly Domainname: string;
    readonly User: string;
    readonly WorkingDir: string;
    /** `80/tcp`, with the image's. */
    readonly ExposedPorts: readonly string[];
    /** Paths of anonymous volumes (`-v /data`), with the image's. */
    readonly Volumes: readonly string[];
    /** undefined takes the image's. */
    readonly Healthcheck: Healthcheck | undefined;
    readonly Tty: boolean;
    readonly OpenStdin: boolean;
    readonly StdinOnce: boolean;
    readonly AttachStdin: boolean;
    readonly AttachStdout: boolean;
    readonly AttachStderr: boolean;
    readonly StopSignal: string | undefined;
    /** Seconds; -1 waits for ever. */
    readonly StopTimeout: number | undefined;
  };
  readonly hostConfig: HostConfig;
  /** By network name; the one of `NetworkMode` needs no entry. */
  readonly endpoints: Readonly<Record<string, EndpointRequest>>;
  /** What followed `run` or `create`: options, image, command; undefined where no command line made it. */
  readonly createCommand?: readonly string[] | undefined;
  /** Rows and columns the terminal starts with; [0, 0] where there is none. */
  readonly consoleSize: readonly [rows: number, columns: number];
  /** The images that `--mount type=image` names, once they are found. */
  readonly mountedImages?: readonly MountedImage[];
}

/** The request with the image's defaults applied: the `spec` column. It changes no more. */
export interface ContainerSpec {
  readonly config: {
    readonly Hostname: string;
    readonly Domainname: string;
    readonly User: string;
    readonly AttachStdin: boolean;
    readonly AttachStdout: boolean;
    readonly AttachStderr: boolean;
    readonly ExposedPorts?: Readonly<Record<string, object>>;
    readonly Tty: boolean;
    readonly OpenStdin: boolean;
    readonly StdinOnce: boolean;
    readonly Env: readonly string[] | null;
    readonly Cmd: readonly string[] | null;
    readonly Image: string;
    readonly Volumes: Readonly<Record<string, object>> | null;
    readonly WorkingDir: string;
    readonly Entrypoint: readonly string[] | null;
    readonly Labels: Readonly<Record<string, string>>;
    readonly Healthcheck?: Healthcheck;
    readonly StopSignal?: string;
    readonly StopTimeout?: number;
  };
  readonly hostConfig: HostConfig;
  readonly endpoints: Readonly<Record<string, EndpointRequest>>;
  /** Sorted by target. */
  readonly mounts: readonly ContainerMount[];
  readonly consoleSize: readonly [rows: number, columns: number];
  /** What followed `run` or `create`, where a command line made it. */
  readonly createCommand?: readonly string[];
  readonly os: string;
}

export type ContainerStatus =
  | 'created'
  | 'running'
  /** It has ended, and is to be started again by its restart policy. */
  | 'restarting'
  | 'exited'
  | 'removing'
  | 'dead';

/** The `state` column: what happened to the container's process. Times are milliseconds since 1970. */
export interface ContainerState {
  /** A person has paused it: it runs, but its processes stand still. */
  readonly paused?: boolean;
  /** Of the container's first process, while it runs. */
  readonly pid?: number;
  /** Names that process for ever (see db/process-owner.ts): what tells it from a later one with the same pid. */
  readonly process?: string;
  /**
   * The conmon that holds its streams, in the same form. It goes when it has run what records the end; while `restarting`
   * this is who starts the container again.
   */
  readonly monitor?: string;
  readonly startedAt?: number;
  readonly finishedAt?: number;
  readonly exitCode?: number;
  readonly oomKilled?: boolean;
  /** Why it could not start, or why its exit code is not known. */
  readonly error?: string;
  /** A person has stopped it, or sent a signal that is to end it: its restart policy does not start it again. */
  readonly stoppedByHand?: boolean;
  /** It is stopped because the machine goes down: its restart policy starts it after that, and not now. */
  readonly shutsDown?: boolean;
  /** Its end is a part of `restart`: also one that is to be removed at its end stays. */
  readonly staysAtEnd?: boolean;
  /** Times it was started again by its restart policy since a person started it. */
  readonly restartCount?: number;
  /** How long the last wait for that was or is, in milliseconds. */
  readonly restartPause?: number;
  /** While `restarting`: when it will start. */
  readonly restartAt?: number;
}

export interface Container {
  /** 64 hexadecimal digits. */
  readonly id: string;
  /** Without the leading slash. */
  readonly name: string;
  readonly imageId: string;
  readonly imageName: string;
  readonly createdAt: number;
  readonly driver: string;
  readonly spec: ContainerSpec;
  readonly status: ContainerStatus;
  readonly state: ContainerState;
  /** Of one with a health check that has been started. */
  readonly health?: Health;
}

/** Runs, or waits for its restart: not idle. */
export function isActive(status: ContainerStatus): boolean {
  return status === 'running' || status === 'restarting';
}
