import type { ContainerStats } from '../../../engine/ports/container-engine.ts';
import { shortId } from '../../table/ellipsis.ts';
import { escapeControl } from '../../table/escape-control.ts';
import type { TableDefinition } from '../../table/format-rows.ts';
import { binarySize, humanSize } from '../../table/units.ts';

/** One line of `stats`. */
export interface StatsRow {
  /** As it was written, or its ID. */
  readonly container: string;
  readonly now: ContainerStats;
  /** A moment earlier: how busy the processor was in between is told by the difference. */
  readonly before: ContainerStats;
}

export const statsTableFormat =
  'table {{.ID}}\t{{.Name}}\t{{.CPUPerc}}\t{{.MemUsage}}\t{{.MemPerc}}\t{{.NetIO}}\t{{.BlockIO}}\t{{.PIDs}}';

/** What `stats --format` can name (docker/cli container.statsContext). */
export function statsTable({ noTruncate }: { noTruncate: boolean }): TableDefinition<StatsRow> {
  return {
    goType: '*container.statsContext',
    columns: [
      { name: 'Container', header: 'CONTAINER', value: ({ container }) => escapeControl(container) },
      { name: 'Name', header: 'NAME', value: ({ now }) => escapeControl(now.name.replace(/^\//, '')) },
      { name: 'ID', header: 'CONTAINER ID', value: ({ now }) => (noTruncate ? now.id : shortId(now.id)) },
      { name: 'CPUPerc', header: 'CPU %', value: (row) => percent(cpuShare(row)) },
      {
        name: 'MemUsage',
        header: 'MEM USAGE / LIMIT',
        value: ({ now }) => `${binarySize(memoryOf(now))} / ${binarySize(now.memory_stats.limit ?? 0)}`,
      },
      { name: 'MemPerc', header: 'MEM %', value: ({ now }) => percent(memoryShare(now)) },
      { name: 'NetIO', header: 'NET I/O', value: ({ now }) => networkText(now) },
      { name: 'BlockIO', header: 'BLOCK I/O', value: ({ now }) => blockText(now) },
      { name: 'PIDs', header: 'PIDS', value: ({ now }) => String(now.pids_stats.current ?? 0) },
    ],
  };
}

/** One processor that is busy all the time is 1. */
function cpuShare({ now, before }: StatsRow): number {
  const used = now.cpu_stats.cpu_usage.total_usage - before.cpu_stats.cpu_usage.total_usage;
  const passed = (now.cpu_stats.system_cpu_usage ?? 0) - (before.cpu_stats.system_cpu_usage ?? 0);
  return used > 0 && passed > 0 ? (used / passed) * (now.cpu_stats.online_cpus ?? 1) : 0;
}

/** Without the part of the page cache that could be given back at any time. */
function memoryOf({ memory_stats: { usage = 0, stats = {} } }: ContainerStats): number {
  const inactive = stats['total_inactive_file'] ?? stats['inactive_file'] ?? 0;
  return inactive < usage ? usage - inactive : usage;
}

function memoryShare(stats: ContainerStats): number {
  const { limit = 0 } = stats.memory_stats;
  return limit === 0 ? 0 : memoryOf(stats) / limit;
}

function networkText({ networks = {} }: ContainerStats): string {
  const sum = (key: 'rx_bytes' | 'tx_bytes'): number =>
    Object.values(networks).reduce((total, network) => total + network[key], 0);
  return `${humanSize(sum('rx_bytes'), 3)} / ${humanSize(sum('tx_bytes'), 3)}`;
}

function blockText({ blkio_stats: { io_service_bytes_recursive: entries } }: ContainerStats): string {
  const sum = (op: 'read' | 'write'): number =>
    (entries ?? []).reduce((total, entry) => total + (entry.op === op ? entry.value : 0), 0);
  return `${humanSize(sum('read'), 3)} / ${humanSize(sum('write'), 3)}`;
}

function percent(share: number): string {
  return `${(share * 100).toFixed(2)}%`;
}
