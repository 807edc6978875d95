import type { BootReport } from '../../runtime/boot.ts';
import type { EventJson } from '../../events/event-json.ts';
import type { ApiObject, Filters, OperationOptions } from './common.ts';
import type { ContainerSummary } from './container-engine.ts';
import type { ImageSummary } from './image-engine.ts';
import type { VolumeUsage } from './volume-engine.ts';

/** A message of `GET /events`; `timeNano` is a bigint, which a JavaScript number cannot hold. */
export type EngineEvent = EventJson;

export type { BootReport };

export interface GenerateUnitsOptions {
  /** undefined gives one unit for all that have a restart policy. */
  readonly containers: readonly string[] | undefined;
  /** Made at each start and removed at the end, in place of starting what is there. */
  readonly makeAnew?: boolean;
  /** In place of IDs. */
  readonly useName?: boolean;
  /** systemd.service(5), `Restart=`; `on-failure` by default. */
  readonly restartPolicy?: string;
}

export interface GeneratedUnits {
  readonly units: readonly { readonly name: string; readonly content: string }[];
  readonly warnings: readonly string[];
}

export interface DiskUsage {
  /** Bytes of all layers that images use, each once. */
  readonly layersSize: number;
  /** With SharedSize and Containers filled. */
  readonly images: readonly ImageSummary[];
  /** With SizeRw and SizeRootFs filled. */
  readonly containers: readonly ContainerSummary[];
  readonly volumes: readonly VolumeUsage[];
  /** What Lamella keeps on disk, by folder of the root: bytes as `du` counts them. */
  readonly folders: readonly { readonly name: string; readonly bytes: number }[];
  /** Bytes that a prune would free: of images and volumes no container uses, and of containers that do not run. */
  readonly reclaimable: {
    readonly images: number;
    readonly containers: number;
    readonly volumes: number;
  };
}

export interface SystemInfo {
  readonly containers: { running: number; paused: number; stopped: number };
  readonly images: number;
  readonly version: string;
  readonly root: string;
  readonly driver: {
    readonly name: string;
    readonly reason: string;
    readonly rejected: readonly { readonly name: string; readonly reason: string }[];
  };
  /** Found parts such as runc, conmon and libisal; path undefined where one lacks, hint then says how to get it. */
  readonly parts: readonly {
    readonly name: string;
    readonly path: string | undefined;
    readonly version: string | undefined;
    readonly hint?: string;
  }[];
  readonly cgroupVersion: string;
  readonly kernelVersion: string;
  readonly operatingSystem: string;
  readonly architecture: string;
  readonly cpus: number;
  /** Bytes */
  readonly memory: number;
  readonly hostname: string;
  readonly rootless: boolean;
  /** Registries (and networks of them) without a certificate that is checked; and mirrors, by registry. */
  readonly insecureRegistries: readonly string[];
  readonly mirrors: readonly { readonly registry: string; readonly mirrors: readonly string[] }[];
  readonly warnings: readonly string[];
}

export interface DamagedFile {
  /** Path inside the layer, for showing: control characters are the printer's to escape. */
  readonly path: string;
}

/** What `system check` finds wrong. */
export interface Damage {
  readonly kind: 'layer' | 'blob' | 'image' | 'database' | 'stray';
  /** Digest, image ID or path. */
  readonly subject: string;
  readonly problem: string;
  readonly files: readonly DamagedFile[];
  /** Names of images that need it. */
  readonly images: readonly string[];
}

export interface CheckReport {
  readonly layers: number;
  readonly blobs: number;
  readonly images: number;
  readonly bytes: number;
  readonly damage: readonly Damage[];
}

export interface SystemEngine {
  diskUsage(): Promise<DiskUsage>;
  info(): Promise<SystemInfo>;
  /** Component versions as `GET /version` answers them: `{Version, GitCommit, Os, Arch, KernelVersion, …}`. */
  version(): Promise<ApiObject>;
  /** Starts the containers that their restart policy wants to run, as after a boot. */
  startContainers(): Promise<BootReport>;
  /** Stops all containers as before a shutdown: {@link startContainers} starts them again. */
  stopContainers(): Promise<BootReport>;
  generateUnits(options: GenerateUnitsOptions): Promise<GeneratedUnits>;
  /**
   * What happened to containers, images, networks and volumes, whichever process caused it.
   *
   * @param options.since a date, a Unix time or a duration (`10m`); without it and `until` only what comes is told
   * @param options.until where it ends; without it, it goes on until `signal` ends it
   */
  events(options?: {
    since?: string | undefined;
    until?: string | undefined;
    filters?: Filters;
    signal?: AbortSignal | undefined;
  }): AsyncIterable<EngineEvent>;
  /** Reads everything that is stored, and with `repair` makes again what can be made from what is good. */
  check(options?: OperationOptions & { repair?: boolean }): Promise<CheckReport>;
}
