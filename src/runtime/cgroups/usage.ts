import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { readHierarchies, type CgroupHierarchies } from './hierarchies.ts';

/** What a container's control groups have counted; 0 where this machine does not count. */
export interface CgroupUsage {
  /** Nanoseconds. */
  readonly cpu: { readonly total: number; readonly user: number; readonly system: number };
  readonly memory: {
    /** Bytes, with the page cache. */
    readonly usage: number;
    /** Bytes; Infinity without one. */
    readonly limit: number;
    /** Bytes of the page cache that nothing uses at the moment. */
    readonly inactiveFile: number;
    readonly failures: number;
    readonly stats: Readonly<Record<string, number>>;
  };
  readonly blocks: readonly BlockUsage[];
  readonly pids: { readonly current: number; readonly limit: number };
}

interface BlockUsage {
  readonly major: number;
  readonly minor: number;
  /** Bytes. */
  readonly read: number;
  readonly write: number;
}

/**
 * @param path below the root of each hierarchy
 * @param machine the root directory of what is looked at: another one in tests
 */
export function readUsage(path: string, machine = '/'): CgroupUsage {
  const hierarchies = readHierarchies(machine);
  const text = (controller: string, file: string): string => {
    const root = hierarchies.controllers.get(controller);
    return root === undefined ? '' : read(join(root, path, file));
  };
  return hierarchies.version === 2 ? versionTwo(hierarchies, path) : versionOne(text);
}

type Text = (controller: string, file: string) => string;

function versionOne(text: Text): CgroupUsage {
  const cpu = pairs(text('cpuacct', 'cpuacct.stat'));
  const stats = pairs(text('memory', 'memory.stat'));
  const blocks = text('blkio', 'blkio.throttle.io_service_bytes_recursive');
  // Ticks of a hundredth of a second.
  const tick = 10_000_000;
  return {
    cpu: {
      total: number(text('cpuacct', 'cpuacct.usage')),
      user: (cpu['user'] ?? 0) * tick,
      system: (cpu['system'] ?? 0) * tick,
    },
    memory: {
      usage: number(text('memory', 'memory.usage_in_bytes')),
      limit: limit(text('memory', 'memory.limit_in_bytes')),
      inactiveFile: stats['total_inactive_file'] ?? 0,
      failures: number(text('memory', 'memory.failcnt')),
      stats,
    },
    blocks: blocksOfVersionOne(blocks),
    pids: { current: number(text('pids', 'pids.current')), limit: limit(text('pids', 'pids.max')) },
  };
}

function versionTwo({ roots: [root = ''] }: CgroupHierarchies, path: string): CgroupUsage {
  const text = (file: string): string => read(join(root, path, file));
  const cpu = pairs(text('cpu.stat'));
  const stats = pairs(text('memory.stat'));
  return {
    cpu: {
      total: (cpu['usage_usec'] ?? 0) * 1000,
      user: (cpu['user_usec'] ?? 0) * 1000,
      system: (cpu['system_usec'] ?? 0) * 1000,
    },
    memory: {
      usage: number(text('memory.current')),
      limit: limit(text('memory.max')),
      inactiveFile: stats['inactive_file'] ?? 0,
      failures: pairs(text('memory.events'))['oom'] ?? 0,
      stats,
    },
    blocks: blocksOfVersionTwo(text('io.stat')),
    pids: { current: number(text('pids.current')), limit: limit(text('pids.max')) },
  };
}

/** Lines such as `8:0 Read 4096`. */
function blocksOfVersionOne(text: string): BlockUsage[] {
  const devices = new Map<string, { read: number; write: number }>();
  for (const [, device = '', kind, bytes] of text.matchAll(/^(\d+:\d+) (Read|Write) (\d+)$/gm)) {
    const { read: reads = 0, write: writes = 0 } = devices.get(device) ?? {};
    devices.set(
      device,
      kind === 'Read' ? { read: Number(bytes), write: writes } : { read: reads, write: Number(bytes) },
    );
  }
  return [...devices].map(([device, counts]) => ({ ...numbered(device), ...counts }));
}

/** Lines such as `8:0 rbytes=4096 wbytes=0 rios=1 wios=0 dbytes=0 dios=0`. */
function blocksOfVersionTwo(text: string): BlockUsage[] {
  return [...text.matchAll(/^(\d+:\d+) (.*)$/gm)].map(([, device = '', values = '']) => ({
    ...numbered(device),
    read: Number(/\brbytes=(\d+)/.exec(values)?.[1] ?? 0),
    write: Number(/\bwbytes=(\d+)/.exec(values)?.[1] ?? 0),
  }));
}

function numbered(device: string): { major: number; minor: number } {
  const [major = 0, minor = 0] = device.split(':').map(Number);
  return { major, minor };
}

function pairs(text: string): Record<string, number> {
  return Object.fromEntries(
    [...text.matchAll(/^(\S+) (\d+)$/gm)].map(([, name = '', value]) => [name, Number(value)]),
  );
}

function number(text: string): number {
  return /^\d+\s*$/.test(text) ? Number(text) : 0;
}

/** Without a limit, version 2 says `max`, and version 1 the largest number of pages. */
function limit(text: string): number {
  const value = /^\d+\s*$/.test(text) ? Number(text) : Infinity;
  return value >= 2 ** 62 ? Infinity : value;
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
