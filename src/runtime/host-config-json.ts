import type { JsonObject, JsonValue } from '../base/json.ts';
import { shownNetworkMode } from './shown-network-mode.ts';
import type { HostConfig, MountRequest, ThrottledDevice } from './host-config.ts';
import { defaultShmSize } from './spec/mounts.ts';
import { maskedPaths, readonlyPaths } from './spec/protected-paths.ts';
import type { Container } from './types.ts';

/** The HostConfig of `inspect`, keys in Docker's order; what is not there is null, [] or left out as in Docker. */
export function hostConfigJson(container: Container): JsonObject {
  const { hostConfig, consoleSize } = container.spec;
  const { Privileged, Init, Mounts, Annotations, Sysctls, Tmpfs, RestartPolicy, LogConfig } = hostConfig;
  return {
    Binds: orNull(hostConfig.Binds),
    ContainerIDFile: hostConfig.ContainerIDFile,
    LogConfig: { Type: LogConfig.Type, Config: { ...LogConfig.Config } },
    NetworkMode: shownNetworkMode(container),
    PortBindings: portBindings(hostConfig),
    RestartPolicy: { Name: RestartPolicy.Name, MaximumRetryCount: RestartPolicy.MaximumRetryCount },
    AutoRemove: hostConfig.AutoRemove,
    VolumeDriver: hostConfig.VolumeDriver,
    VolumesFrom: orNull(hostConfig.VolumesFrom),
    ConsoleSize: [...consoleSize],
    ...unlessEmpty('Annotations', Annotations),
    CapAdd: orNull(hostConfig.CapAdd),
    CapDrop: orNull(hostConfig.CapDrop),
    CgroupnsMode: hostConfig.CgroupnsMode,
    Dns: [...hostConfig.Dns],
    DnsOptions: [...hostConfig.DnsOptions],
    DnsSearch: [...hostConfig.DnsSearch],
    ExtraHosts: orNull(hostConfig.ExtraHosts),
    GroupAdd: orNull(hostConfig.GroupAdd),
    IpcMode: hostConfig.IpcMode,
    Cgroup: '',
    Links: orNull(hostConfig.Links),
    OomScoreAdj: hostConfig.OomScoreAdj,
    PidMode: hostConfig.PidMode,
    Privileged,
    PublishAllPorts: hostConfig.PublishAllPorts,
    ReadonlyRootfs: hostConfig.ReadonlyRootfs,
    SecurityOpt: orNull(hostConfig.SecurityOpt),
    ...unlessEmpty('Tmpfs', Tmpfs),
    UTSMode: hostConfig.UTSMode,
    UsernsMode: hostConfig.UsernsMode,
    ShmSize: hostConfig.ShmSize ?? defaultShmSize,
    ...unlessEmpty('Sysctls', Sysctls),
    Runtime: hostConfig.Runtime === '' ? 'runc' : hostConfig.Runtime,
    Isolation: '',
    ...limits(hostConfig),
    ...(Mounts.length > 0 ? { Mounts: Mounts.map(mountJson) } : {}),
    MaskedPaths: Privileged ? null : [...(hostConfig.MaskedPaths ?? maskedPaths)],
    ReadonlyPaths: Privileged ? null : [...(hostConfig.ReadonlyPaths ?? readonlyPaths)],
    ...(Init === undefined ? {} : { Init }),
  };
}

function limits(hostConfig: HostConfig): JsonObject {
  return {
    CpuShares: hostConfig.CpuShares,
    Memory: hostConfig.Memory,
    NanoCpus: hostConfig.NanoCpus,
    CgroupParent: hostConfig.CgroupParent,
    BlkioWeight: hostConfig.BlkioWeight,
    BlkioWeightDevice: hostConfig.BlkioWeightDevice.map(({ Path, Weight }) => ({ Path, Weight })),
    BlkioDeviceReadBps: hostConfig.BlkioDeviceReadBps.map(throttled),
    BlkioDeviceWriteBps: hostConfig.BlkioDeviceWriteBps.map(throttled),
    BlkioDeviceReadIOps: hostConfig.BlkioDeviceReadIOps.map(throttled),
    BlkioDeviceWriteIOps: hostConfig.BlkioDeviceWriteIOps.map(throttled),
    CpuPeriod: hostConfig.CpuPeriod,
    CpuQuota: hostConfig.CpuQuota,
    CpuRealtimePeriod: 0,
    CpuRealtimeRuntime: 0,
    CpusetCpus: hostConfig.CpusetCpus,
    CpusetMems: hostConfig.CpusetMems,
    Devices: hostConfig.Devices.map(({ PathOnHost, PathInContainer, CgroupPermissions }) => ({
      PathOnHost,
      PathInContainer,
      CgroupPermissions,
    })),
    DeviceCgroupRules: orNull(hostConfig.DeviceCgroupRules),
    DeviceRequests: null,
    MemoryReservation: hostConfig.MemoryReservation,
    MemorySwap: hostConfig.MemorySwap,
    MemorySwappiness: hostConfig.MemorySwappiness ?? null,
    OomKillDisable: hostConfig.OomKillDisable,
    PidsLimit: hostConfig.PidsLimit ?? null,
    Ulimits: hostConfig.Ulimits.map(({ Name, Hard, Soft }) => ({ Name, Hard, Soft })),
    CpuCount: 0,
    CpuPercent: 0,
    IOMaximumIOps: 0,
    IOMaximumBandwidth: 0,
  };
}

function throttled({ Path, Rate }: ThrottledDevice): JsonObject {
  return { Path, Rate };
}

function portBindings({ PortBindings }: HostConfig): JsonObject {
  return Object.fromEntries(
    Object.entries(PortBindings).map(([port, bindings]) => [
      port,
      bindings.map(({ HostIp, HostPort }) => ({ HostIp, HostPort })),
    ]),
  );
}

/** Docker leaves out what is empty or false in it. */
function mountJson({ Type, Source, Target, ReadOnly, VolumeOptions, ...options }: MountRequest): JsonValue {
  const { DriverConfig, ...volume } = VolumeOptions ?? {};
  return {
    Type,
    ...(Source === '' ? {} : { Source }),
    Target,
    ...(ReadOnly ? { ReadOnly } : {}),
    ...(JSON.parse(JSON.stringify(options)) as JsonObject),
    ...(VolumeOptions === undefined
      ? {}
      : {
          VolumeOptions: {
            ...(JSON.parse(JSON.stringify(volume)) as JsonObject),
            ...(DriverConfig === undefined ? {} : { DriverConfig: driverJson(DriverConfig) }),
          },
        }),
  };
}

function driverJson({
  Name,
  Options,
}: {
  Name: string;
  Options: Readonly<Record<string, string>>;
}): JsonObject {
  return { ...(Name === '' ? {} : { Name }), ...unlessEmpty('Options', Options) };
}

function unlessEmpty(name: string, record: Readonly<Record<string, string>>): JsonObject {
  // As Go writes a map.
  const sorted = Object.entries(record).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return sorted.length > 0 ? { [name]: Object.fromEntries(sorted) } : {};
}

function orNull(list: readonly string[]): readonly string[] | null {
  return list.length === 0 ? null : list;
}
