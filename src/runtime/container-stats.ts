import { readFileSync } from 'node:fs';
import { availableParallelism, totalmem } from 'node:os';
import type { CgroupUsage } from './cgroups/usage.ts';
import type { Container } from './types.ts';

/** What `GET /containers/{id}/stats` of the Docker Engine API answers, without what was before. */
export interface ContainerStats {
  readonly name: string;
  readonly id: string;
  /** RFC 3339; the year 1 where it does not run. */
  readonly read: string;
  readonly pids_stats: { readonly current?: number; readonly limit?: number };
  readonly blkio_stats: { readonly io_service_bytes_recursive: readonly BlockEntry[] | null };
  readonly cpu_stats: CpuStats;
  readonly memory_stats: {
    readonly usage?: number;
    readonly limit?: number;
    readonly failcnt?: number;
    readonly stats?: Readonly<Record<string, number>>;
  };
  readonly networks?: Readonly<Record<string, NetworkStats>>;
}

interface CpuStats {
  /** Nanoseconds. */
  readonly cpu_usage: {
    readonly total_usage: number;
    readonly usage_in_kernelmode: number;
    readonly usage_in_usermode: number;
  };
  /** Nanoseconds of all CPUs, busy or not. */
  readonly system_cpu_usage?: number;
  readonly online_cpus?: number;
}

interface BlockEntry {
  readonly major: number;
  readonly minor: number;
  readonly op: 'read' | 'write';
  readonly value: number;
}

interface NetworkStats {
  readonly rx_bytes: number;
  readonly rx_packets: number;
  readonly rx_errors: number;
  readonly rx_dropped: number;
  readonly tx_bytes: number;
  readonly tx_packets: number;
  readonly tx_errors: number;
  readonly tx_dropped: number;
}

/** @param usage undefined for one that does not run @param now milliseconds since 1970 */
export function containerStats(
  { id, name, spec, state }: Container,
  usage: CgroupUsage | undefined,
  now: number,
): ContainerStats {
  const named = { name: `/${name}`, id };
  if (usage === undefined) return { ...named, ...nothing };
  const { cpu, memory, pids, blocks } = usage;
  const networks = spec.hostConfig.NetworkMode === 'host' ? undefined : readNetworks(state.pid);
  return {
    ...named,
    read: new Date(now).toISOString(),
    pids_stats: {
      current: pids.current,
      ...(Number.isFinite(pids.limit) ? { limit: pids.limit } : {}),
    },
    blkio_stats: {
      io_service_bytes_recursive: blocks.flatMap(({ major, minor, read, write }) => [
        { major, minor, op: 'read' as const, value: read },
        { major, minor, op: 'write' as const, value: write },
      ]),
    },
    cpu_stats: {
      cpu_usage: {
        total_usage: cpu.total,
        usage_in_kernelmode: cpu.system,
        usage_in_usermode: cpu.user,
      },
      system_cpu_usage: readSystemCpu(),
      online_cpus: availableParallelism(),
    },
    memory_stats: {
      usage: memory.usage,
      limit: Math.min(memory.limit, totalmem()),
      ...(memory.failures > 0 ? { failcnt: memory.failures } : {}),
      stats: memory.stats,
    },
    ...(networks === undefined ? {} : { networks }),
  };
}

const nothing: Omit<ContainerStats, 'name' | 'id'> = {
  read: '0001-01-01T00:00:00Z',
  pids_stats: {},
  blkio_stats: { io_service_bytes_recursive: null },
  cpu_stats: { cpu_usage: { total_usage: 0, usage_in_kernelmode: 0, usage_in_usermode: 0 } },
  memory_stats: {},
};

/** By device, without the loopback; undefined where there is no other. */
function readNetworks(pid: number | undefined): Record<string, NetworkStats> | undefined {
  const text = pid === undefined ? '' : read(`/proc/${pid}/net/dev`);
  const devices = [...text.matchAll(/^\s*([^\s:]+):\s*(.*)$/gm)].filter(([, name]) => name !== 'lo');
  if (devices.length === 0) return undefined;
  return Object.fromEntries(
    devices.map(([, name = '', values = '']) => {
      const field = values.trim().split(/\s+/).map(Number);
      const at = (index: number): number => field[index] ?? 0;
      return [
        name,
        {
          rx_bytes: at(0),
          rx_packets: at(1),
          rx_errors: at(2),
          rx_dropped: at(3),
          tx_bytes: at(8),
          tx_packets: at(9),
          tx_errors: at(10),
          tx_dropped: at(11),
        },
      ];
    }),
  );
}

/** Nanoseconds, from the first line of /proc/stat (proc_stat(5)): user, nice, system, idle, iowait, irq, softirq. */
function readSystemCpu(): number {
  const [, ...ticks] = read('/proc/stat').split('\n', 1)[0]?.trim().split(/\s+/) ?? [];
  return ticks.slice(0, 7).reduce((sum, count) => sum + Number(count), 0) * 10_000_000;
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
