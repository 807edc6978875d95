import type { HostConfig } from '../../../../engine/ports/container-engine.ts';
import {
  bytes,
  decimal,
  integer,
  text,
  type BytesOption,
  type DecimalOption,
  type IntegerOption,
  type OptionTable,
  type OptionValues,
  type TextOption,
} from '../../../arguments/options.ts';

/** Limits that `run` and `create` set and `update` changes. */
export interface ChangeableOptions extends OptionTable {
  readonly 'blkio-weight': IntegerOption;
  readonly 'cpu-period': IntegerOption;
  readonly 'cpu-quota': IntegerOption;
  readonly 'cpu-shares': IntegerOption;
  readonly cpus: DecimalOption;
  readonly 'cpuset-cpus': TextOption;
  readonly 'cpuset-mems': TextOption;
  readonly memory: BytesOption;
  readonly 'memory-reservation': BytesOption;
  readonly 'memory-swap': BytesOption;
  readonly 'pids-limit': IntegerOption;
}

export const changeableOptions: ChangeableOptions = {
  'blkio-weight': integer(
    {
      en: 'Block IO (relative weight), between 10 and 1000, or 0 to disable (default 0)',
      zh: '块设备 IO 的相对权重，10 到 1000，0 表示不设（默认 0）',
    },
    { max: 65_535, valueName: 'uint16' },
  ),
  'cpu-period': integer({
    en: 'Limit CPU CFS (Completely Fair Scheduler) period',
    zh: '限制 CPU CFS（完全公平调度）的周期（微秒）',
  }),
  'cpu-quota': integer({
    en: 'Limit CPU CFS (Completely Fair Scheduler) quota',
    zh: '限制 CPU CFS（完全公平调度）的配额（微秒）',
  }),
  'cpu-shares': integer({ en: 'CPU shares (relative weight)', zh: 'CPU 的相对权重' }, { short: 'c' }),
  cpus: decimal({ en: 'Number of CPUs', zh: 'CPU 数量' }),
  'cpuset-cpus': text({
    en: 'CPUs in which to allow execution (0-3, 0,1)',
    zh: '允许使用的 CPU（0-3 或 0,1）',
  }),
  'cpuset-mems': text({
    en: 'MEMs in which to allow execution (0-3, 0,1)',
    zh: '允许使用的内存节点（0-3 或 0,1）',
  }),
  memory: bytes({ en: 'Memory limit', zh: '内存上限' }, { short: 'm' }),
  'memory-reservation': bytes({ en: 'Memory soft limit', zh: '内存软上限' }),
  'memory-swap': bytes(
    {
      en: "Swap limit equal to memory plus swap: '-1' to enable unlimited swap",
      zh: '内存与交换空间之和的上限：“-1” 表示交换空间不限',
    },
    { unlimited: true },
  ),
  'pids-limit': integer({
    en: 'Tune container pids limit (set -1 for unlimited)',
    zh: '容器内进程数上限（-1 表示不限）',
  }),
};

export function changeableRequest(options: OptionValues<ChangeableOptions>): Partial<HostConfig> {
  return {
    BlkioWeight: options['blkio-weight'] ?? 0,
    CpuPeriod: options['cpu-period'] ?? 0,
    CpuQuota: options['cpu-quota'] ?? 0,
    CpuShares: options['cpu-shares'] ?? 0,
    NanoCpus: Math.round((options.cpus ?? 0) * 1e9),
    CpusetCpus: options['cpuset-cpus'] ?? '',
    CpusetMems: options['cpuset-mems'] ?? '',
    Memory: options.memory ?? 0,
    MemoryReservation: options['memory-reservation'] ?? 0,
    MemorySwap: options['memory-swap'] ?? 0,
    PidsLimit: options['pids-limit'],
  };
}
