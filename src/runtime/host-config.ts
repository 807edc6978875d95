import type { EndpointRequest, PortBinding } from '../networks/endpoint.ts';

export type { EndpointRequest };

/**
 * How a container is put on the machine: Docker's HostConfig (Engine API 1.51), complete. Sizes are bytes, times
 * microseconds where a field is Docker's `Cpu…`, and '' or 0 means that nothing was asked for.
 */
export interface HostConfig {
  readonly AutoRemove: boolean;
  /** `source:target[:options]`; the source is an absolute path or the name of a volume. */
  readonly Binds: readonly string[];
  /** What `--mount` asks for. */
  readonly Mounts: readonly MountRequest[];
  /** Path to mount options. */
  readonly Tmpfs: Readonly<Record<string, string>>;
  /** `container[:ro|rw]` */
  readonly VolumesFrom: readonly string[];
  readonly VolumeDriver: string;

  /** `default`, `bridge`, `none`, `host`, `container:<id>`, or a network's name. */
  readonly NetworkMode: string;
  /** By the container's port, `80/tcp`. */
  readonly PortBindings: Readonly<Record<string, readonly PortBinding[]>>;
  readonly PublishAllPorts: boolean;
  readonly Dns: readonly string[];
  readonly DnsOptions: readonly string[];
  readonly DnsSearch: readonly string[];
  /** `name:address`, the address possibly `host-gateway`. */
  readonly ExtraHosts: readonly string[];
  /** `container[:alias]` */
  readonly Links: readonly string[];

  readonly RestartPolicy: RestartPolicy;
  readonly LogConfig: { readonly Type: string; readonly Config: Readonly<Record<string, string>> };
  readonly Init: boolean | undefined;

  readonly ReadonlyRootfs: boolean;
  readonly Privileged: boolean;
  readonly CapAdd: readonly string[];
  readonly CapDrop: readonly string[];
  readonly SecurityOpt: readonly string[];
  readonly GroupAdd: readonly string[];
  readonly Sysctls: Readonly<Record<string, string>>;
  readonly Devices: readonly DeviceMapping[];
  readonly DeviceCgroupRules: readonly string[];
  readonly Ulimits: readonly Ulimit[];
  readonly UsernsMode: string;
  readonly IpcMode: string;
  readonly PidMode: string;
  readonly UTSMode: string;
  readonly CgroupnsMode: string;
  readonly CgroupParent: string;
  /** `runc`, `crun`, or a path; '' is the one that works here. */
  readonly Runtime: string;
  /** Handed on to the OCI runtime. */
  readonly Annotations: Readonly<Record<string, string>>;
  /** undefined takes Docker's; [] is what `systempaths=unconfined` asks for. */
  readonly MaskedPaths: readonly string[] | undefined;
  readonly ReadonlyPaths: readonly string[] | undefined;
  /** Where `--cidfile` wrote the ID; only shown. */
  readonly ContainerIDFile: string;

  readonly Memory: number;
  readonly MemoryReservation: number;
  /** Memory and swap together; -1 is unlimited. */
  readonly MemorySwap: number;
  readonly MemorySwappiness: number | undefined;
  readonly OomKillDisable: boolean;
  /** Kernels have had no such limit since 5.4: it is left out with a warning. */
  readonly KernelMemory: number;
  readonly OomScoreAdj: number;
  /** Billionths of a CPU. */
  readonly NanoCpus: number;
  readonly CpuShares: number;
  readonly CpuPeriod: number;
  readonly CpuQuota: number;
  readonly CpusetCpus: string;
  readonly CpusetMems: string;
  readonly BlkioWeight: number;
  readonly BlkioWeightDevice: readonly WeightDevice[];
  /** Bytes a second. */
  readonly BlkioDeviceReadBps: readonly ThrottledDevice[];
  readonly BlkioDeviceWriteBps: readonly ThrottledDevice[];
  /** Operations a second. */
  readonly BlkioDeviceReadIOps: readonly ThrottledDevice[];
  readonly BlkioDeviceWriteIOps: readonly ThrottledDevice[];
  readonly PidsLimit: number | undefined;
  /** Of /dev/shm; undefined is 64 MiB. */
  readonly ShmSize: number | undefined;
}

export interface RestartPolicy {
  readonly Name: '' | 'no' | 'always' | 'unless-stopped' | 'on-failure';
  /** Only with `on-failure`; 0 is unlimited. */
  readonly MaximumRetryCount: number;
}

export interface DeviceMapping {
  readonly PathOnHost: string;
  readonly PathInContainer: string;
  readonly CgroupPermissions: string;
}

interface WeightDevice {
  readonly Path: string;
  readonly Weight: number;
}

export interface ThrottledDevice {
  readonly Path: string;
  readonly Rate: number;
}

export interface Ulimit {
  readonly Name: string;
  /** -1 is unlimited. */
  readonly Soft: number;
  readonly Hard: number;
}

/** One `--mount` (Docker's Mount). */
export interface MountRequest {
  readonly Type: 'bind' | 'volume' | 'tmpfs' | 'image';
  /** A path, a volume's or an image's name; '' with `volume` is an anonymous one. */
  readonly Source: string;
  readonly Target: string;
  readonly ReadOnly: boolean;
  readonly BindOptions?: {
    readonly Propagation?: string;
    readonly NonRecursive?: boolean;
    readonly CreateMountpoint?: boolean;
    readonly ReadOnlyNonRecursive?: boolean;
    readonly ReadOnlyForceRecursive?: boolean;
  };
  readonly VolumeOptions?: {
    readonly NoCopy?: boolean;
    readonly Labels?: Readonly<Record<string, string>>;
    readonly Subpath?: string;
    readonly DriverConfig?: { readonly Name: string; readonly Options: Readonly<Record<string, string>> };
  };
  readonly TmpfsOptions?: { readonly SizeBytes?: number; readonly Mode?: number };
  readonly ImageOptions?: { readonly Subpath?: string };
}

/** Docker's defaults. */
export const defaultHostConfig: HostConfig = {
  AutoRemove: false,
  Binds: [],
  Mounts: [],
  Tmpfs: {},
  VolumesFrom: [],
  VolumeDriver: '',
  NetworkMode: 'default',
  PortBindings: {},
  PublishAllPorts: false,
  Dns: [],
  DnsOptions: [],
  DnsSearch: [],
  ExtraHosts: [],
  Links: [],
  RestartPolicy: { Name: 'no', MaximumRetryCount: 0 },
  LogConfig: { Type: 'json-file', Config: {} },
  Init: undefined,
  ReadonlyRootfs: false,
  Privileged: false,
  CapAdd: [],
  CapDrop: [],
  SecurityOpt: [],
  GroupAdd: [],
  Sysctls: {},
  Devices: [],
  DeviceCgroupRules: [],
  Ulimits: [],
  UsernsMode: '',
  IpcMode: 'private',
  PidMode: '',
  UTSMode: '',
  CgroupnsMode: '',
  CgroupParent: '',
  Runtime: '',
  Annotations: {},
  MaskedPaths: undefined,
  ReadonlyPaths: undefined,
  ContainerIDFile: '',
  Memory: 0,
  MemoryReservation: 0,
  MemorySwap: 0,
  MemorySwappiness: undefined,
  OomKillDisable: false,
  KernelMemory: 0,
  OomScoreAdj: 0,
  NanoCpus: 0,
  CpuShares: 0,
  CpuPeriod: 0,
  CpuQuota: 0,
  CpusetCpus: '',
  CpusetMems: '',
  BlkioWeight: 0,
  BlkioWeightDevice: [],
  BlkioDeviceReadBps: [],
  BlkioDeviceWriteBps: [],
  BlkioDeviceReadIOps: [],
  BlkioDeviceWriteIOps: [],
  PidsLimit: undefined,
  ShmSize: undefined,
};
