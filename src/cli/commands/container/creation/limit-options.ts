import type { HostConfig } from '../../../../engine/ports/container-engine.ts';
import {
  bytes,
  flag,
  integer,
  list,
  type BytesOption,
  type FlagOption,
  type IntegerOption,
  type ListOption,
  type OptionTable,
  type OptionValues,
} from '../../../arguments/options.ts';
import { CliError } from '../../../errors/cli-error.ts';
import {
  parseByteRate,
  parseDeviceWeight,
  parseOperationRate,
  whyNoByteRate,
  whyNoDeviceWeight,
  whyNoOperationRate,
} from './block-device.ts';
import { changeableOptions, changeableRequest, type ChangeableOptions } from './changeable-options.ts';
import { parseUlimit, whyNoUlimit } from './ulimit.ts';

/** How much of the machine it may take: what `update` can change, and what cannot be changed. */
export interface LimitOptions extends OptionTable, ChangeableOptions {
  readonly 'blkio-weight-device': ListOption;
  readonly 'device-read-bps': ListOption;
  readonly 'device-read-iops': ListOption;
  readonly 'device-write-bps': ListOption;
  readonly 'device-write-iops': ListOption;
  readonly 'kernel-memory': BytesOption;
  readonly 'memory-swappiness': IntegerOption;
  readonly 'oom-kill-disable': FlagOption;
  readonly 'oom-score-adj': IntegerOption;
  readonly 'shm-size': BytesOption;
  readonly ulimit: ListOption;
}

export const limitOptions: LimitOptions = {
  ...changeableOptions,
  'blkio-weight-device': list(
    { en: 'Block IO weight (relative device weight)', zh: '某个块设备的 IO 相对权重' },
    { check: whyNoDeviceWeight },
  ),
  'device-read-bps': list(
    { en: 'Limit read rate (bytes per second) from a device', zh: '限制读取某个设备的速度（字节每秒）' },
    { check: whyNoByteRate },
  ),
  'device-read-iops': list(
    { en: 'Limit read rate (IO per second) from a device', zh: '限制读取某个设备的频率（次每秒）' },
    { check: whyNoOperationRate },
  ),
  'device-write-bps': list(
    { en: 'Limit write rate (bytes per second) to a device', zh: '限制写入某个设备的速度（字节每秒）' },
    { check: whyNoByteRate },
  ),
  'device-write-iops': list(
    { en: 'Limit write rate (IO per second) to a device', zh: '限制写入某个设备的频率（次每秒）' },
    { check: whyNoOperationRate },
  ),
  'kernel-memory': bytes(
    { en: 'Kernel memory limit (kernels have none since 5.4)', zh: '内核内存上限（内核自 5.4 起已不支持）' },
    { hidden: true },
  ),
  'memory-swappiness': integer(
    { en: 'Tune container memory swappiness (0 to 100)', zh: '调整容器的内存交换倾向（0 到 100）' },
    { default: -1 },
  ),
  'oom-kill-disable': flag({ en: 'Disable OOM Killer', zh: '内存耗尽时不结束进程' }),
  'oom-score-adj': integer({
    en: "Tune host's OOM preferences (-1000 to 1000)",
    zh: '调整主机内存耗尽时的优先级（-1000 到 1000）',
  }),
  'shm-size': bytes({ en: 'Size of /dev/shm', zh: '/dev/shm 的大小' }),
  ulimit: list(
    { en: 'Ulimit options', zh: '进程资源限制（ulimit）' },
    { valueName: 'ulimit', check: whyNoUlimit },
  ),
};

/** @throws CliError for what Docker's client refuses */
export function limitRequest(options: OptionValues<LimitOptions>): Partial<HostConfig> {
  const swappiness = options['memory-swappiness'] ?? -1;
  if (swappiness < -1 || swappiness > 100) {
    throw new CliError(`invalid value: ${swappiness}. Valid memory swappiness range is 0-100`, {
      exitCode: 125,
      isIntroduced: true,
    });
  }
  return {
    ...changeableRequest(options),
    BlkioWeightDevice: options['blkio-weight-device'].map(parseDeviceWeight),
    BlkioDeviceReadBps: options['device-read-bps'].map(parseByteRate),
    BlkioDeviceWriteBps: options['device-write-bps'].map(parseByteRate),
    BlkioDeviceReadIOps: options['device-read-iops'].map(parseOperationRate),
    BlkioDeviceWriteIOps: options['device-write-iops'].map(parseOperationRate),
    KernelMemory: options['kernel-memory'] ?? 0,
    MemorySwappiness: swappiness === -1 ? undefined : swappiness,
    OomKillDisable: options['oom-kill-disable'],
    OomScoreAdj: options['oom-score-adj'] ?? 0,
    ShmSize: options['shm-size'],
    Ulimits: lastOfEach(options.ulimit.map(parseUlimit)),
  };
}

/** By name, as Docker lists them; the last one of a name counts. */
function lastOfEach(ulimits: HostConfig['Ulimits']): HostConfig['Ulimits'] {
  const byName = new Map(ulimits.map((ulimit) => [ulimit.Name, ulimit]));
  return [...byName.values()].sort((a, b) => (a.Name < b.Name ? -1 : 1));
}
