import type { HostConfig } from '../host-config.ts';
import { deviceRules, type AskedDevice } from './devices.ts';
import type { DeviceNumbers, RuntimeResources } from './oci-spec.ts';

/** Microseconds; what `--cpus` is a share of. */
const cpuPeriod = 100_000;

/** The part of a container's limits that can be changed while it runs. */
export type ChangeableResources = Omit<RuntimeResources, 'devices'>;

/** What the OCI runtime is to write into the control groups. */
export function containerResources(
  hostConfig: HostConfig,
  devices: readonly AskedDevice[],
  blockDevice: BlockDevice,
): RuntimeResources {
  const { Privileged, DeviceCgroupRules } = hostConfig;
  return {
    devices: deviceRules({ privileged: Privileged, devices, rules: DeviceCgroupRules }),
    ...limits(hostConfig),
    ...blockLimits(hostConfig, blockDevice),
  };
}

/** The numbers of a block device of the machine, by its path. */
export type BlockDevice = (path: string) => DeviceNumbers;

function blockLimits(hostConfig: HostConfig, numbers: BlockDevice): Pick<RuntimeResources, 'blockIO'> {
  const rates = (devices: HostConfig['BlkioDeviceReadBps']): (DeviceNumbers & { rate: number })[] =>
    devices.map(({ Path, Rate }) => ({ ...numbers(Path), rate: Rate }));
  const all = {
    weightDevice: hostConfig.BlkioWeightDevice.map(({ Path, Weight }) => ({
      ...numbers(Path),
      weight: Weight,
    })),
    throttleReadBpsDevice: rates(hostConfig.BlkioDeviceReadBps),
    throttleWriteBpsDevice: rates(hostConfig.BlkioDeviceWriteBps),
    throttleReadIOPSDevice: rates(hostConfig.BlkioDeviceReadIOps),
    throttleWriteIOPSDevice: rates(hostConfig.BlkioDeviceWriteIOps),
  };
  const asked = Object.fromEntries(Object.entries(all).filter(([, devices]) => devices.length > 0));
  if (Object.keys(asked).length === 0) return {};
  const { BlkioWeight } = hostConfig;
  return { blockIO: { ...(BlkioWeight > 0 ? { weight: BlkioWeight } : {}), ...asked } };
}

export function limits(hostConfig: HostConfig): ChangeableResources {
  const memory = memoryLimits(hostConfig);
  const cpu = cpuLimits(hostConfig);
  const { PidsLimit, BlkioWeight } = hostConfig;
  return {
    ...(Object.keys(memory).length > 0 ? { memory } : {}),
    ...(Object.keys(cpu).length > 0 ? { cpu } : {}),
    ...(PidsLimit !== undefined && PidsLimit > 0 ? { pids: { limit: PidsLimit } } : {}),
    ...(BlkioWeight > 0 ? { blockIO: { weight: BlkioWeight } } : {}),
  };
}

function memoryLimits(hostConfig: HostConfig): NonNullable<RuntimeResources['memory']> {
  const { Memory, MemoryReservation, MemorySwap, MemorySwappiness, OomKillDisable } = hostConfig;
  return {
    ...(Memory > 0 ? { limit: Memory } : {}),
    ...(MemoryReservation > 0 ? { reservation: MemoryReservation } : {}),
    ...(MemorySwap === 0 ? {} : { swap: MemorySwap }),
    ...(MemorySwappiness === undefined ? {} : { swappiness: MemorySwappiness }),
    ...(OomKillDisable ? { disableOOMKiller: true } : {}),
  };
}

function cpuLimits(hostConfig: HostConfig): NonNullable<RuntimeResources['cpu']> {
  const { NanoCpus, CpuShares, CpuPeriod, CpuQuota, CpusetCpus, CpusetMems } = hostConfig;
  return {
    ...(CpuShares > 0 ? { shares: CpuShares } : {}),
    ...(NanoCpus > 0 ? { quota: Math.round((NanoCpus * cpuPeriod) / 1e9), period: cpuPeriod } : {}),
    ...(CpuQuota === 0 ? {} : { quota: CpuQuota }),
    ...(CpuPeriod > 0 ? { period: CpuPeriod } : {}),
    ...(CpusetCpus === '' ? {} : { cpus: CpusetCpus }),
    ...(CpusetMems === '' ? {} : { mems: CpusetMems }),
  };
}
