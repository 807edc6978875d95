import { LamellaError } from '../base/errors.ts';
import type { CgroupAbilities } from './cgroups/abilities.ts';
import type { HostConfig } from './host-config.ts';

/** Bytes. */
const leastMemory = 6 << 20;

/**
 * The limits as this machine can keep them: what it cannot is left out, with a warning in Docker's words.
 *
 * @param update whether they are to change those of a container that is there
 * @throws LamellaError invalid `limit-invalid`
 */
export function adaptLimits(
  asked: HostConfig,
  abilities: CgroupAbilities,
  { update = false }: { update?: boolean } = {},
): { hostConfig: HostConfig; warnings: readonly string[] } {
  const warnings: string[] = [];
  const warn = (warning: string): void => void warnings.push(warning);
  const withMemory = adaptMemory(asked, abilities, { update, warn });
  const withPids = adaptPids(withMemory, abilities, warn);
  const withCpu = adaptCpu(withPids, abilities, warn);
  return { hostConfig: adaptBlock(withCpu, abilities, warn), warnings };
}

type Warn = (warning: string) => void;

function adaptMemory(
  asked: HostConfig,
  can: CgroupAbilities,
  { update, warn }: { update: boolean; warn: Warn },
): HostConfig {
  let config = asked;
  if (config.Memory > 0 && config.MemorySwap === 0 && !update) {
    config = { ...config, MemorySwap: config.Memory * 2 };
  }
  refuseIf(config.Memory !== 0 && config.Memory < leastMemory, 'Minimum memory limit allowed is 6MB');
  if (config.Memory > 0 && !can.memory) {
    warn(discarded('memory limit capabilities'));
    config = { ...config, Memory: 0, MemorySwap: -1 };
  }
  if (config.Memory > 0 && config.MemorySwap !== -1 && !can.swap) {
    warn(lacks('swap limit capabilities', 'Memory limited without swap.'));
    config = { ...config, MemorySwap: -1 };
  }
  const { Memory, MemorySwap, MemorySwappiness } = config;
  refuseIf(
    Memory > 0 && MemorySwap > 0 && MemorySwap < Memory,
    'Minimum memoryswap limit should be larger than memory limit, see usage',
  );
  refuseIf(
    Memory === 0 && MemorySwap > 0 && !update,
    'You should always set the Memory limit when using Memoryswap limit, see usage',
  );
  if (MemorySwappiness !== undefined && (MemorySwappiness === -1 || !can.swappiness)) {
    if (MemorySwappiness !== -1) {
      warn(lacks('memory swappiness capabilities', 'Memory swappiness discarded.'));
    }
    config = { ...config, MemorySwappiness: undefined };
  } else if (MemorySwappiness !== undefined) {
    refuseIf(
      MemorySwappiness < 0 || MemorySwappiness > 100,
      `Invalid value: ${MemorySwappiness}, valid memory swappiness range is 0-100`,
    );
  }
  if (config.MemoryReservation > 0 && !can.memoryReservation) {
    warn(discarded('memory soft limit capabilities'));
    config = { ...config, MemoryReservation: 0 };
  }
  const { MemoryReservation } = config;
  refuseIf(
    MemoryReservation > 0 && MemoryReservation < leastMemory,
    'Minimum memory reservation allowed is 6MB',
  );
  refuseIf(
    Memory > 0 && MemoryReservation > Memory,
    'Minimum memory limit can not be less than memory reservation limit, see usage',
  );
  if (config.KernelMemory > 0) {
    warn(discarded('kernel memory limit capabilities'));
    config = { ...config, KernelMemory: 0 };
  }
  if (config.OomKillDisable && !can.oomKillDisable) {
    warn('Your kernel does not support OomKillDisable. OomKillDisable discarded.');
    config = { ...config, OomKillDisable: false };
  }
  if (config.OomKillDisable && config.Memory === 0) {
    warn(
      'OOM killer is disabled for the container, but no memory limit is set, ' +
        'this can result in the system running out of resources.',
    );
  }
  return config;
}

function adaptPids(config: HostConfig, can: CgroupAbilities, warn: Warn): HostConfig {
  const { PidsLimit } = config;
  if (PidsLimit === undefined || can.pids) return config;
  if (PidsLimit > 0) warn(lacks('PIDs limit capabilities', 'PIDs limit discarded.'));
  return { ...config, PidsLimit: undefined };
}

function adaptCpu(asked: HostConfig, can: CgroupAbilities, warn: Warn): HostConfig {
  let config = asked;
  const { NanoCpus, CpuShares } = config;
  refuseIf(
    NanoCpus > 0 && config.CpuPeriod > 0,
    'Conflicting options: Nano CPUs and CPU Period cannot both be set',
  );
  refuseIf(
    NanoCpus > 0 && config.CpuQuota > 0,
    'Conflicting options: Nano CPUs and CPU Quota cannot both be set',
  );
  refuseIf(
    NanoCpus > 0 && !can.cpuQuota,
    'NanoCPUs can not be set, as your kernel does not support CPU CFS scheduler or the cgroup is not mounted',
  );
  refuseIf(
    NanoCpus < 0 || NanoCpus > can.cpuCount * 1e9,
    `range of CPUs is from 0.01 to ${can.cpuCount}.00, as there are only ${can.cpuCount} CPUs available`,
  );
  refuseIf(CpuShares < 0, `invalid CPU shares (${CpuShares}): value must be a positive integer`);
  if (CpuShares > 0 && !can.cpuShares) {
    warn('Your kernel does not support CPU shares or the cgroup is not mounted. Shares discarded.');
    config = { ...config, CpuShares: 0 };
  }
  if ((config.CpuPeriod !== 0 || config.CpuQuota !== 0) && !can.cpuQuota) {
    warn('Your kernel does not support CPU CFS scheduler. CPU period/quota discarded.');
    config = { ...config, CpuPeriod: 0, CpuQuota: 0 };
  }
  const { CpuPeriod, CpuQuota } = config;
  refuseIf(
    CpuPeriod !== 0 && (CpuPeriod < 1000 || CpuPeriod > 1_000_000),
    'CPU cfs period can not be less than 1ms (i.e. 1000) or larger than 1s (i.e. 1000000)',
  );
  refuseIf(CpuQuota > 0 && CpuQuota < 1000, 'CPU cfs quota can not be less than 1ms (i.e. 1000)');
  if ((config.CpusetCpus !== '' || config.CpusetMems !== '') && !can.cpuset) {
    warn('Your kernel does not support cpuset or the cgroup is not mounted. Cpuset discarded.');
    return { ...config, CpusetCpus: '', CpusetMems: '' };
  }
  checkAvailable(config.CpusetCpus, can.cpus, 'cpus', 'CPUs');
  checkAvailable(config.CpusetMems, can.memoryNodes, 'mems', 'memory nodes');
  return config;
}

function adaptBlock(asked: HostConfig, can: CgroupAbilities, warn: Warn): HostConfig {
  let config = asked;
  if (config.BlkioWeight > 0 && !can.blockWeight) {
    warn(lacks('Block I/O weight', 'Weight discarded.'));
    config = { ...config, BlkioWeight: 0 };
  }
  const { BlkioWeight } = config;
  refuseIf(
    BlkioWeight !== 0 && (BlkioWeight < 10 || BlkioWeight > 1000),
    'Range of blkio weight is from 10 to 1000',
  );
  for (const { field, able, ability, consequence } of deviceLimits) {
    if (config[field].length === 0 || can[able]) continue;
    warn(lacks(ability, consequence));
    config = { ...config, [field]: [] };
  }
  return config;
}

/** The limits of single block devices, with Docker's words for a kernel that has them not. */
const deviceLimits = [
  {
    field: 'BlkioWeightDevice',
    able: 'blockWeightDevice',
    ability: 'Block I/O weight_device',
    consequence: 'Weight-device discarded.',
  },
  throttle('BlkioDeviceReadBps', 'BPS Block I/O read limit', 'BPS read'),
  throttle('BlkioDeviceWriteBps', 'BPS Block I/O write limit', 'BPS write'),
  throttle('BlkioDeviceReadIOps', 'IOPS Block read limit', 'IOPS read'),
  throttle('BlkioDeviceWriteIOps', 'IOPS Block write limit', 'IOPS write'),
] as const;

type ThrottleField = `BlkioDevice${'Read' | 'Write'}${'Bps' | 'IOps'}`;

function throttle(
  field: ThrottleField,
  ability: string,
  what: string,
): { field: ThrottleField; able: 'blockThrottle'; ability: string; consequence: string } {
  return { field, able: 'blockThrottle', ability, consequence: `Block I/O ${what} limit discarded.` };
}

function checkAvailable(asked: string, available: string, file: string, what: string): void {
  const wanted = parseList(asked);
  refuseIf(wanted === undefined, `Invalid value ${asked} for cpuset ${file}: invalid format: ${asked}`);
  const has = new Set(parseList(available));
  refuseIf(
    wanted?.some((number) => !has.has(number)) === true,
    `Requested ${what} are not available - requested ${asked}, available: ${available}`,
  );
}

/** The numbers of a list such as `0-2,5` (cpuset(7)); undefined where it is none. */
function parseList(text: string): number[] | undefined {
  const numbers: number[] = [];
  for (const part of text === '' ? [] : text.split(',')) {
    const [, from = '', to = from] = /^([0-9]{1,5})(?:-([0-9]{1,5}))?$/.exec(part) ?? [];
    if (from === '' || Number(to) < Number(from)) return undefined;
    for (let number = Number(from); number <= Number(to); number += 1) numbers.push(number);
  }
  return numbers;
}

function lacks(ability: string, consequence: string): string {
  return `Your kernel does not support ${ability} or the cgroup is not mounted. ${consequence}`;
}

function discarded(ability: string): string {
  return lacks(ability, 'Limitation discarded.');
}

function refuseIf(condition: boolean, message: string): void {
  if (condition) throw new LamellaError('invalid', message, { code: 'limit-invalid' });
}
