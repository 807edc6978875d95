import type { HostConfig } from '../../../../engine/ports/container-engine.ts';
import {
  bytes,
  decimal,
  integer,
  type BytesOption,
  type DecimalOption,
  type IntegerOption,
  type OptionTable,
  type OptionValues,
} from '../../../arguments/options.ts';

/** How much of the machine it may take. */
export interface LimitOptions extends OptionTable {
  readonly cpus: DecimalOption;
  readonly memory: BytesOption;
  readonly 'pids-limit': IntegerOption;
  readonly 'shm-size': BytesOption;
}

export const limitOptions: LimitOptions = {
  cpus: decimal({ en: 'Number of CPUs', zh: 'CPU 数量' }),
  memory: bytes({ en: 'Memory limit', zh: '内存上限' }, { short: 'm' }),
  'pids-limit': integer({
    en: 'Tune container pids limit (set -1 for unlimited)',
    zh: '容器内进程数上限（-1 表示不限）',
  }),
  'shm-size': bytes({ en: 'Size of /dev/shm', zh: '/dev/shm 的大小' }),
};

export function limitRequest(options: OptionValues<LimitOptions>): Partial<HostConfig> {
  return {
    Memory: options.memory ?? 0,
    NanoCpus: Math.round((options.cpus ?? 0) * 1e9),
    PidsLimit: options['pids-limit'],
    ShmSize: options['shm-size'],
  };
}
