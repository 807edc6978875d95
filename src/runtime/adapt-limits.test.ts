import assert from 'node:assert/strict';
import test from 'node:test';
import { isLamellaError } from '../base/errors.ts';
import { adaptHostConfig } from './adapt-host-config.ts';
import { adaptLimits } from './adapt-limits.ts';
import type { CgroupAbilities } from './cgroups/abilities.ts';
import { defaultHostConfig, type HostConfig } from './host-config.ts';
import { updatedHostConfig } from './update-container.ts';

const all: CgroupAbilities = {
  version: 1,
  memory: true,
  memoryReservation: true,
  swap: true,
  swappiness: true,
  oomKillDisable: true,
  cpuShares: true,
  cpuQuota: true,
  cpuset: true,
  blockWeight: true,
  blockWeightDevice: true,
  blockThrottle: true,
  pids: true,
  namespaces: true,
  cpus: '0-1',
  memoryNodes: '0',
  cpuCount: 2,
};
const nothing: CgroupAbilities = {
  ...all,
  memory: false,
  memoryReservation: false,
  swap: false,
  swappiness: false,
  oomKillDisable: false,
  cpuShares: false,
  cpuQuota: false,
  cpuset: false,
  blockWeight: false,
  blockWeightDevice: false,
  blockThrottle: false,
  pids: false,
};
const MiB = 1 << 20;

/** Each as Docker 28.5 says it. */
const refused: readonly [Partial<HostConfig>, string][] = [
  [{ Memory: MiB }, 'Minimum memory limit allowed is 6MB'],
  [
    { Memory: 64 * MiB, MemorySwap: 32 * MiB },
    'Minimum memoryswap limit should be larger than memory limit, see usage',
  ],
  [{ MemorySwap: 64 * MiB }, 'You should always set the Memory limit when using Memoryswap limit, see usage'],
  [
    { Memory: 64 * MiB, MemoryReservation: 128 * MiB },
    'Minimum memory limit can not be less than memory reservation limit, see usage',
  ],
  [{ MemoryReservation: MiB }, 'Minimum memory reservation allowed is 6MB'],
  [{ MemorySwappiness: 101 }, 'Invalid value: 101, valid memory swappiness range is 0-100'],
  [{ OomScoreAdj: 1001 }, 'Invalid value 1001, range for oom score adj is [-1000, 1000]'],
  [{ NanoCpus: 3e9 }, 'range of CPUs is from 0.01 to 2.00, as there are only 2 CPUs available'],
  [{ NanoCpus: -1e9 }, 'range of CPUs is from 0.01 to 2.00, as there are only 2 CPUs available'],
  [{ NanoCpus: 1e9, CpuPeriod: 10_000 }, 'Conflicting options: Nano CPUs and CPU Period cannot both be set'],
  [{ NanoCpus: 1e9, CpuQuota: 10_000 }, 'Conflicting options: Nano CPUs and CPU Quota cannot both be set'],
  [{ CpuPeriod: 10 }, 'CPU cfs period can not be less than 1ms (i.e. 1000) or larger than 1s (i.e. 1000000)'],
  [{ CpuQuota: 10 }, 'CPU cfs quota can not be less than 1ms (i.e. 1000)'],
  [{ CpuShares: -1 }, 'invalid CPU shares (-1): value must be a positive integer'],
  [{ CpusetCpus: '9' }, 'Requested CPUs are not available - requested 9, available: 0-1'],
  [{ CpusetCpus: 'a' }, 'Invalid value a for cpuset cpus: invalid format: a'],
  [{ CpusetCpus: '1-0' }, 'Invalid value 1-0 for cpuset cpus: invalid format: 1-0'],
  [{ CpusetMems: '5' }, 'Requested memory nodes are not available - requested 5, available: 0'],
  [{ BlkioWeight: 5 }, 'Range of blkio weight is from 10 to 1000'],
  [{ IpcMode: 'foo' }, 'invalid IPC mode: foo'],
  [{ SecurityOpt: ['foo=bar'] }, 'invalid --security-opt 2: "foo=bar"'],
  [{ SecurityOpt: ['no-new-privileges=x'] }, 'invalid --security-opt 2: "no-new-privileges=x"'],
  [
    { Annotations: { '': 'b' } },
    'invalid Annotations: the empty string is not permitted as an annotation key',
  ],
  [{ CapAdd: ['FOO'] }, 'invalid CapAdd: unknown capability: "CAP_FOO"'],
  [{ CapDrop: ['FOO'] }, 'invalid CapDrop: unknown capability: "CAP_FOO"'],
];

const adapt = (changes: Partial<HostConfig>, abilities = all): ReturnType<typeof adaptHostConfig> =>
  adaptHostConfig({ ...defaultHostConfig, ...changes }, abilities, (name) => `id-of-${name}`);

for (const [changes, message] of refused) {
  test(`${JSON.stringify(changes)} is refused in Docker’s words`, () => {
    assert.throws(
      () => adapt(changes),
      (error) => isLamellaError(error, 'invalid') && error.message === message,
    );
  });
}

test('swap is as much as memory unless it is said', () => {
  assert.equal(adapt({ Memory: 64 * MiB }).hostConfig.MemorySwap, 128 * MiB);
  assert.equal(adapt({ Memory: 64 * MiB, MemorySwap: -1 }).hostConfig.MemorySwap, -1);
});

test('what the machine cannot do is left out, each with a warning', () => {
  const { hostConfig, warnings } = adaptLimits(
    {
      ...defaultHostConfig,
      Memory: 64 * MiB,
      MemoryReservation: 32 * MiB,
      MemorySwappiness: 10,
      OomKillDisable: true,
      KernelMemory: 50 * MiB,
      CpuShares: 512,
      CpuQuota: 5000,
      CpusetCpus: '0',
      BlkioWeight: 100,
      BlkioWeightDevice: [{ Path: '/dev/sda', Weight: 10 }],
      BlkioDeviceWriteIOps: [{ Path: '/dev/sda', Rate: 10 }],
      PidsLimit: 10,
    },
    nothing,
  );
  assert.deepEqual({ ...hostConfig, MemorySwap: 0 }, defaultHostConfig);
  assert.deepEqual(
    warnings.map((warning) => warning.replace('Your kernel does not support ', '')),
    [
      'memory limit capabilities or the cgroup is not mounted. Limitation discarded.',
      'memory swappiness capabilities or the cgroup is not mounted. Memory swappiness discarded.',
      'memory soft limit capabilities or the cgroup is not mounted. Limitation discarded.',
      'kernel memory limit capabilities or the cgroup is not mounted. Limitation discarded.',
      'OomKillDisable. OomKillDisable discarded.',
      'PIDs limit capabilities or the cgroup is not mounted. PIDs limit discarded.',
      'CPU shares or the cgroup is not mounted. Shares discarded.',
      'CPU CFS scheduler. CPU period/quota discarded.',
      'cpuset or the cgroup is not mounted. Cpuset discarded.',
      'Block I/O weight or the cgroup is not mounted. Weight discarded.',
      'Block I/O weight_device or the cgroup is not mounted. Weight-device discarded.',
      'IOPS Block write limit or the cgroup is not mounted. Block I/O IOPS write limit discarded.',
    ],
  );
});

test('the namespace of control groups is the container’s own with version 2, as in Docker', () => {
  assert.equal(adapt({}, { ...all, version: 2 }).hostConfig.CgroupnsMode, 'private');
  assert.equal(adapt({}).hostConfig.CgroupnsMode, 'host');
  assert.equal(adapt({ CgroupnsMode: 'private' }).hostConfig.CgroupnsMode, 'private');
});

test('other containers are named by their ID, capabilities in full, and whoever shares the machine’s processes has no label', () => {
  assert.partialDeepStrictEqual(
    adapt({ IpcMode: 'container:web', PidMode: 'container:web', CapAdd: ['sys_time'], CapDrop: ['all'] })
      .hostConfig,
    {
      IpcMode: 'container:id-of-web',
      PidMode: 'container:id-of-web',
      CapAdd: ['CAP_SYS_TIME'],
      CapDrop: ['ALL'],
    },
  );
  for (const shares of [{ Privileged: true }, { IpcMode: 'host' }, { PidMode: 'host' }]) {
    assert.deepEqual(adapt(shares).hostConfig.SecurityOpt, ['label=disable']);
  }
});

test('an update changes what it names, and refuses what contradicts what is there', () => {
  const current: HostConfig = { ...defaultHostConfig, NanoCpus: 1e9, CpuShares: 5, MemorySwap: 64 * MiB };
  const update = (changes: Parameters<typeof updatedHostConfig>[1]): ReturnType<typeof updatedHostConfig> =>
    updatedHostConfig(current, changes, all);
  const { hostConfig, resources } = update({ CpuShares: 512, PidsLimit: -1 });
  assert.deepEqual(hostConfig, { ...current, CpuShares: 512, PidsLimit: -1 });
  assert.deepEqual(resources.pids, { limit: -1 });
  const refuses = (changes: Parameters<typeof updatedHostConfig>[1], message: string): void =>
    assert.throws(
      () => update(changes),
      (error) => isLamellaError(error, 'conflict') && error.message === message,
    );
  refuses(
    { CpuPeriod: 5000 },
    'Conflicting options: CPU Period cannot be updated as NanoCPUs has already been set',
  );
  refuses(
    { CpuQuota: 5000 },
    'Conflicting options: CPU Quota cannot be updated as NanoCPUs has already been set',
  );
  refuses(
    { Memory: 128 * MiB },
    'Memory limit should be smaller than already set memoryswap limit, update the memoryswap at the same time',
  );
});
