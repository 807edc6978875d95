import { LamellaError } from '../base/errors.ts';
import { adaptLimits } from './adapt-limits.ts';
import type { CgroupAbilities } from './cgroups/abilities.ts';
import { defaultHostConfig, type HostConfig } from './host-config.ts';
import { limits, type ChangeableResources } from './spec/resources.ts';

/** What `update` can change; what is not given stays as it is. */
export type ContainerUpdate = Partial<
  Pick<
    HostConfig,
    | 'BlkioWeight'
    | 'CpuPeriod'
    | 'CpuQuota'
    | 'CpuShares'
    | 'NanoCpus'
    | 'CpusetCpus'
    | 'CpusetMems'
    | 'Memory'
    | 'MemoryReservation'
    | 'MemorySwap'
    | 'PidsLimit'
    | 'RestartPolicy'
  >
>;

export interface UpdatedContainer {
  readonly hostConfig: HostConfig;
  /** What a running container's control groups are to be given. */
  readonly resources: ChangeableResources;
  readonly warnings: readonly string[];
}

/**
 * The host config of a container after a change: zero and '' change nothing, as in Docker.
 *
 * @throws LamellaError invalid `limit-invalid`, conflict `update-conflict`
 */
export function updatedHostConfig(
  current: HostConfig,
  update: ContainerUpdate,
  abilities: CgroupAbilities,
): UpdatedContainer {
  const { hostConfig: asked, warnings } = adaptLimits({ ...defaultHostConfig, ...update }, abilities, {
    update: true,
  });
  checkConflicts(current, asked);
  const { RestartPolicy } = update;
  if (RestartPolicy !== undefined && current.AutoRemove && !['', 'no'].includes(RestartPolicy.Name)) {
    throw conflict('Restart policy cannot be updated because AutoRemove is enabled for the container');
  }
  const hostConfig: HostConfig = {
    ...current,
    BlkioWeight: asked.BlkioWeight || current.BlkioWeight,
    CpuPeriod: asked.CpuPeriod || current.CpuPeriod,
    CpuQuota: asked.CpuQuota || current.CpuQuota,
    CpuShares: asked.CpuShares || current.CpuShares,
    NanoCpus: asked.NanoCpus || current.NanoCpus,
    CpusetCpus: asked.CpusetCpus || current.CpusetCpus,
    CpusetMems: asked.CpusetMems || current.CpusetMems,
    Memory: asked.Memory || current.Memory,
    MemoryReservation: asked.MemoryReservation || current.MemoryReservation,
    MemorySwap: asked.MemorySwap || current.MemorySwap,
    PidsLimit: asked.PidsLimit ?? current.PidsLimit,
    RestartPolicy: RestartPolicy ?? current.RestartPolicy,
  };
  const unlimitedPids = asked.PidsLimit !== undefined && asked.PidsLimit <= 0;
  return {
    hostConfig,
    resources: { ...limits(hostConfig), ...(unlimitedPids ? { pids: { limit: -1 } } : {}) },
    warnings,
  };
}

function checkConflicts(current: HostConfig, asked: HostConfig): void {
  const nano = 'Conflicting options: Nano CPUs cannot be updated as';
  refuseIf(asked.NanoCpus > 0 && current.CpuPeriod > 0, `${nano} CPU Period has already been set`);
  refuseIf(asked.NanoCpus > 0 && current.CpuQuota > 0, `${nano} CPU Quota has already been set`);
  const set = 'cannot be updated as NanoCPUs has already been set';
  refuseIf(asked.CpuPeriod > 0 && current.NanoCpus > 0, `Conflicting options: CPU Period ${set}`);
  refuseIf(asked.CpuQuota > 0 && current.NanoCpus > 0, `Conflicting options: CPU Quota ${set}`);
  refuseIf(
    asked.Memory > current.MemorySwap && asked.Memory !== 0 && asked.MemorySwap === 0,
    'Memory limit should be smaller than already set memoryswap limit, update the memoryswap at the same time',
  );
}

function refuseIf(condition: boolean, message: string): void {
  if (condition) throw conflict(message);
}

function conflict(message: string): LamellaError {
  return new LamellaError('conflict', message, { code: 'update-conflict' });
}
