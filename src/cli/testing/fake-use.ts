import { LamellaError } from '../../base/errors.ts';
import type { ContainerEngine, ContainerStats } from '../../engine/ports/container-engine.ts';

const stats: ContainerStats = {
  name: '/box',
  id: 'f'.repeat(64),
  read: '2026-01-01T00:00:00Z',
  pids_stats: { current: 3 },
  blkio_stats: { io_service_bytes_recursive: [{ major: 8, minor: 0, op: 'read', value: 4096 }] },
  cpu_stats: {
    cpu_usage: { total_usage: 1, usage_in_kernelmode: 0, usage_in_usermode: 1 },
    system_cpu_usage: 1,
    online_cpus: 1,
  },
  memory_stats: { usage: 6 << 20, limit: 64 << 20, stats: { inactive_file: 2 << 20 } },
  networks: {
    eth0: {
      rx_bytes: 1500,
      rx_packets: 10,
      rx_errors: 0,
      rx_dropped: 0,
      tx_bytes: 0,
      tx_packets: 0,
      tx_errors: 0,
      tx_dropped: 0,
    },
  },
};

/** What the container `box` takes and may take of a machine; there is none called `nope`. */
export const fakeUse: Pick<ContainerEngine, 'pause' | 'unpause' | 'update' | 'top' | 'stats'> = {
  pause: async (name) => known(name),
  unpause: async (name) => known(name),
  async update(name, { BlkioWeight = 0 }) {
    known(name);
    return { warnings: BlkioWeight > 0 ? ['Weight discarded.'] : [] };
  },
  async top(name) {
    known(name);
    return {
      Titles: ['UID', 'PID', 'PPID', 'C', 'STIME', 'TTY', 'TIME', 'CMD'],
      Processes: [
        ['root', '4242', '4200', '0', '10:00', '?', '00:00:00', 'sh -c sleep 100'],
        ['an-account-with-a-long-name', '4243', '4242', '0', '10:00', '?', '00:00:00', 'sleep 100'],
      ],
    };
  },
  async stats(name) {
    known(name);
    return stats;
  },
};

function known(name: string): void {
  if (name !== 'nope') return;
  throw new LamellaError('not-found', `No such container: ${name}`, { code: 'container-not-found' });
}
