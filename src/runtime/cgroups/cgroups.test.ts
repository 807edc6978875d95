import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import test, { type TestContext } from 'node:test';
import { readAbilities } from './abilities.ts';
import { readHierarchies } from './hierarchies.ts';
import { readUsage } from './usage.ts';

/** A machine that consists of these files. */
function fakeMachine(t: TestContext, files: Readonly<Record<string, string>>): string {
  const machine = mkdtempSync(join(tmpdir(), 'lamella-cgroups-'));
  t.after(() => rmSync(machine, { recursive: true }));
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(machine, path)), { recursive: true });
    writeFileSync(join(machine, path), text);
  }
  return machine;
}

const group = '/lamella/x';

/** As on a Debian 12 machine with systemd. */
const unified = {
  'proc/self/mountinfo':
    '24 1 8:1 / / rw - ext4 /dev/sda1 rw\n35 24 0:30 / /sys/fs/cgroup rw,nosuid shared:9 - cgroup2 cgroup2 rw,nsdelegate\n',
  'proc/self/ns/cgroup': '',
  'proc/swaps': '',
  'sys/fs/cgroup/cgroup.controllers': 'cpuset cpu io memory hugetlb pids rdma misc\n',
  'sys/fs/cgroup/cpuset.cpus.effective': '0-3\n',
  'sys/fs/cgroup/cpuset.mems.effective': '0\n',
  [`sys/fs/cgroup${group}/cpu.stat`]: 'usage_usec 2500\nuser_usec 2000\nsystem_usec 500\n',
  [`sys/fs/cgroup${group}/memory.current`]: '1048576\n',
  [`sys/fs/cgroup${group}/memory.max`]: 'max\n',
  [`sys/fs/cgroup${group}/memory.stat`]: 'anon 4096\nfile 8192\ninactive_file 8000\n',
  [`sys/fs/cgroup${group}/memory.events`]: 'low 0\nhigh 0\nmax 3\noom 2\noom_kill 1\n',
  [`sys/fs/cgroup${group}/io.stat`]:
    '8:0 rbytes=4096 wbytes=512 rios=1 wios=1 dbytes=0 dios=0\n253:1 rbytes=1 wbytes=2 rios=1 wios=1\n',
  [`sys/fs/cgroup${group}/pids.current`]: '5\n',
  [`sys/fs/cgroup${group}/pids.max`]: '100\n',
};

const v1 = (controller: string): string =>
  `36 35 0:31 / /sys/fs/cgroup/${controller} rw - cgroup cgroup rw,${controller}`;

/** Version 1 has the controllers, version 2 is there without any. */
const hybrid = {
  'proc/self/mountinfo': [
    '35 24 0:30 / /sys/fs/cgroup rw - tmpfs tmpfs rw,mode=755',
    v1('cpu,cpuacct'),
    v1('memory'),
    v1('cpuset'),
    v1('blkio'),
    v1('pids'),
    '40 35 0:37 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw',
    // What another root directory has mounted is not the machine's.
    '60 44 0:37 / /srv/other/sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw',
  ].join('\n'),
  'sys/fs/cgroup/cpu,cpuacct/cpu.shares': '1024\n',
  'sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us': '-1\n',
  'sys/fs/cgroup/memory/memory.soft_limit_in_bytes': '1\n',
  'sys/fs/cgroup/memory/memory.oom_control': '\n',
  'sys/fs/cgroup/memory/memory.swappiness': '60\n',
  'sys/fs/cgroup/cpuset/cpuset.cpus': '0-1\n',
  'sys/fs/cgroup/cpuset/cpuset.mems': '0\n',
  [`sys/fs/cgroup/cpu,cpuacct${group}/cpuacct.usage`]: '123456789\n',
  [`sys/fs/cgroup/cpu,cpuacct${group}/cpuacct.stat`]: 'user 7\nsystem 5\n',
  [`sys/fs/cgroup/memory${group}/memory.usage_in_bytes`]: '2097152\n',
  [`sys/fs/cgroup/memory${group}/memory.limit_in_bytes`]: '9223372036854771712\n',
  [`sys/fs/cgroup/memory${group}/memory.failcnt`]: '4\n',
  [`sys/fs/cgroup/memory${group}/memory.stat`]: 'cache 100\ntotal_inactive_file 1000\n',
  [`sys/fs/cgroup/blkio${group}/blkio.throttle.io_service_bytes_recursive`]:
    '8:0 Read 4096\n8:0 Write 512\n8:0 Sync 4608\nTotal 4608\n',
  [`sys/fs/cgroup/pids${group}/pids.current`]: '2\n',
  [`sys/fs/cgroup/pids${group}/pids.max`]: 'max\n',
};

test('version 2 alone is known, with what it can limit and what it cannot', (t) => {
  const machine = fakeMachine(t, unified);
  assert.equal(readHierarchies(machine).version, 2);
  assert.partialDeepStrictEqual(readAbilities(machine), {
    version: 2,
    memory: true,
    swap: true,
    swappiness: false,
    oomKillDisable: false,
    cpuQuota: true,
    blockWeight: true,
    pids: true,
    namespaces: true,
    cpus: '0-3',
    memoryNodes: '0',
  });
});

test('on a machine with both versions the first has the controllers', (t) => {
  const machine = fakeMachine(t, hybrid);
  const { version, roots, controllers } = readHierarchies(machine);
  assert.equal(version, 1);
  assert.equal(roots.length, 6);
  assert.equal(controllers.get('cpuacct'), join(machine, 'sys/fs/cgroup/cpu,cpuacct'));
  assert.partialDeepStrictEqual(readAbilities(machine), {
    version: 1,
    memory: true,
    swap: false,
    swappiness: true,
    oomKillDisable: true,
    blockWeight: false,
    namespaces: false,
    cpus: '0-1',
  });
});

test('what version 2 has counted is read', (t) => {
  assert.deepEqual(readUsage(group, fakeMachine(t, unified)), {
    cpu: { total: 2_500_000, user: 2_000_000, system: 500_000 },
    memory: {
      usage: 1_048_576,
      limit: Infinity,
      inactiveFile: 8000,
      failures: 2,
      stats: { anon: 4096, file: 8192, inactive_file: 8000 },
    },
    blocks: [
      { major: 8, minor: 0, read: 4096, write: 512 },
      { major: 253, minor: 1, read: 1, write: 2 },
    ],
    pids: { current: 5, limit: 100 },
  });
});

test('what version 1 has counted is read', (t) => {
  assert.deepEqual(readUsage(group, fakeMachine(t, hybrid)), {
    cpu: { total: 123_456_789, user: 70_000_000, system: 50_000_000 },
    memory: {
      usage: 2_097_152,
      limit: Infinity,
      inactiveFile: 1000,
      failures: 4,
      stats: { cache: 100, total_inactive_file: 1000 },
    },
    blocks: [{ major: 8, minor: 0, read: 4096, write: 512 }],
    pids: { current: 2, limit: Infinity },
  });
});

test('a container that is gone has taken nothing', (t) => {
  const { cpu, memory, blocks, pids } = readUsage('/lamella/gone', fakeMachine(t, unified));
  assert.deepEqual([cpu.total, memory.usage, blocks, pids.current], [0, 0, [], 0]);
});
