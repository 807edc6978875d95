import assert from 'node:assert/strict';
import { existsSync, readFileSync, readlinkSync as readlink, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { type TestContext } from 'node:test';
import { openDatabase } from '../../src/db/database.ts';
import { migrations } from '../../src/db/schema.ts';
import { readEvents } from '../../src/events/read-events.ts';
import { findRuntimeParts } from '../../src/runtime/parts.ts';
import { hasAppArmor } from '../../src/runtime/app-armor.ts';
import { readAbilities } from '../../src/runtime/cgroups/abilities.ts';
import { readHierarchies } from '../../src/runtime/cgroups/hierarchies.ts';
import { removeCgroups } from '../../src/runtime/cgroups/remove-cgroups.ts';
import { openLab, type ContainerLab } from '../support/containers.ts';
import { exampleImage, exampleRequest } from '../support/container-request.ts';

function lab(name: string, action: (lab: ContainerLab, t: TestContext) => Promise<void>): void {
  void test(name, { timeout: 120_000 }, async (t) => {
    const opened = await openLab(t);
    if (opened === undefined) return;
    await using _ = opened;
    await action(opened, t);
  });
}

/** The control groups as they are seen in a container, by what they hold. */
const files =
  readAbilities().version === 2
    ? {
        memory: '/sys/fs/cgroup/memory.max',
        reservation: '/sys/fs/cgroup/memory.low',
        quota: '/sys/fs/cgroup/cpu.max',
        pids: '/sys/fs/cgroup/pids.max',
        cpus: '/sys/fs/cgroup/cpuset.cpus',
      }
    : {
        memory: '/sys/fs/cgroup/memory/memory.limit_in_bytes',
        reservation: '/sys/fs/cgroup/memory/memory.soft_limit_in_bytes',
        quota: '/sys/fs/cgroup/cpu/cpu.cfs_quota_us',
        pids: '/sys/fs/cgroup/pids/pids.max',
        cpus: '/sys/fs/cgroup/cpuset/cpuset.cpus',
      };

lab('limits are what the kernel keeps in the control groups, and what inspect shows', async (opened) => {
  const { service, run } = opened;
  const hostConfig = {
    Memory: 64 << 20,
    MemoryReservation: 32 << 20,
    NanoCpus: 5e8,
    PidsLimit: 50,
    CpusetCpus: '0',
  };
  const { stdout } = await run(['cat', ...Object.values(files)], { hostConfig });
  const [memory, reservation, quota, pids, cpus] = stdout.trim().split('\n');
  assert.equal(memory, String(64 << 20));
  assert.equal(reservation, String(32 << 20));
  assert.match(quota ?? '', /^50000( 100000)?$/);
  assert.equal(pids, '50');
  assert.equal(cpus, '0');

  const { id } = await service.create(exampleRequest(['true'], { hostConfig }), exampleImage);
  const { HostConfig } = await service.inspect(id);
  assert.partialDeepStrictEqual(HostConfig, { ...hostConfig, MemorySwap: 128 << 20, CpuQuota: 0 });
});

lab(
  'a process has the limits, groups and priority that were asked for, and nothing new by setuid',
  async ({ run }) => {
    const { stdout } = await run(
      ['sh', '-c', 'cat /proc/self/limits /proc/self/status /proc/self/oom_score_adj'],
      {
        config: { User: 'www' },
        hostConfig: {
          Ulimits: [
            { Name: 'nofile', Soft: 100, Hard: 200 },
            { Name: 'core', Soft: -1, Hard: -1 },
          ],
          GroupAdd: ['extra', '77'],
          OomScoreAdj: 321,
          SecurityOpt: ['no-new-privileges:true'],
        },
      },
    );
    assert.match(stdout, /^Max open files\s+100\s+200\s/m);
    assert.match(stdout, /^Max core file size\s+unlimited\s+unlimited\s/m);
    assert.match(stdout, /^Groups:\s*33 44 77\s*$/m);
    assert.match(stdout, /^NoNewPrivs:\s*1$/m);
    assert.match(stdout, /^321$/m);
  },
);

lab('capabilities and the filter of system calls are Docker’s, and can be lifted', async ({ run }) => {
  const status = async (hostConfig = {}): Promise<string> =>
    (await run(['cat', '/proc/self/status'], { hostConfig })).stdout;
  const plain = await status();
  // What `docker run … cat /proc/self/status` of Docker 28 shows.
  assert.match(plain, /^CapEff:\s*00000000a80425fb$/m);
  assert.match(plain, /^CapBnd:\s*00000000a80425fb$/m);
  assert.match(plain, /^CapAmb:\s*0000000000000000$/m);
  assert.match(plain, /^Seccomp:\s*2$/m);
  assert.match(plain, /^NoNewPrivs:\s*0$/m);
  const lifted = await status({
    CapAdd: ['SYS_TIME'],
    CapDrop: ['chown'],
    SecurityOpt: ['seccomp=unconfined'],
  });
  assert.match(lifted, /^CapEff:\s*00000000aa0425fa$/m);
  assert.match(lifted, /^Seccomp:\s*0$/m);
});

lab(
  'a seccomp profile of one’s own holds, with rules for a capability that the container has',
  async ({ run }) => {
    const profile = {
      defaultAction: 'SCMP_ACT_ALLOW',
      syscalls: [
        { names: ['mkdir', 'mkdirat'], action: 'SCMP_ACT_ERRNO', excludes: { caps: ['CAP_SYS_TIME'] } },
      ],
    };
    const SecurityOpt = [`seccomp=${JSON.stringify(profile)}`];
    const script = ['sh', '-c', 'mkdir /new 2>/dev/null && echo made || echo refused'];
    assert.equal((await run(script, { hostConfig: { SecurityOpt } })).stdout, 'refused\n');
    assert.equal((await run(script, { hostConfig: { SecurityOpt, CapAdd: ['SYS_TIME'] } })).stdout, 'made\n');
  },
);

lab('devices are there as asked for, and no others can be opened', async ({ run }) => {
  const script =
    'ls -l /dev/mem-of-mine | cut -c1; cat /dev/mem-of-mine >/dev/null 2>&1 && echo read; ' +
    'mknod /own c 1 11 && (cat /own 2>&1 | head -c 40)';
  const { stdout } = await run(['sh', '-c', script], {
    hostConfig: {
      Devices: [{ PathOnHost: '/dev/null', PathInContainer: '/dev/mem-of-mine', CgroupPermissions: 'rw' }],
    },
  });
  assert.match(stdout, /^c\nread\n.*(Operation not permitted|can't open)/);
  await assert.rejects(
    run(['true'], {
      hostConfig: { Devices: [{ PathOnHost: '/etc/passwd', PathInContainer: '/x', CgroupPermissions: 'r' }] },
    }),
    /error gathering device information while adding custom device "\/etc\/passwd": not a device node/,
  );
});

lab('a device rule allows what it names, and no more', async ({ run }) => {
  const script = 'mknod /own c 10 229; (cat </own >/dev/null) 2>&1';
  const opened = async (DeviceCgroupRules: string[]): Promise<string> =>
    (await run(['sh', '-c', script], { hostConfig: { DeviceCgroupRules } })).stdout;
  assert.match(await opened(['c 10:230 rwm']), /Operation not permitted/);
  // Whether there is such a device is another question.
  assert.doesNotMatch(await opened(['c 10:* rwm']), /can't open.*Operation not permitted/);
});

lab('kernel parameters are set in the container, /dev/shm is as large as asked for', async ({ run }) => {
  const { stdout } = await run(
    ['sh', '-c', 'cat /proc/sys/kernel/msgmax /proc/sys/net/ipv4/ip_forward; df -k /dev/shm | tail -n 1'],
    {
      hostConfig: {
        Sysctls: { 'kernel.msgmax': '12345', 'net.ipv4.ip_forward': '1' },
        ShmSize: 1 << 20,
      },
    },
  );
  assert.match(stdout, /^12345\n1\nshm\s+1024 /);
});

lab(
  'namespaces are the machine’s, another container’s, or the container’s own',
  async ({ start, run, service }) => {
    const namespace = (kind: string, of = 'self'): string => `readlink /proc/${of}/ns/${kind}`;
    const show = ['sh', '-c', ['ipc', 'pid', 'uts'].map((kind) => namespace(kind)).join('; ')];
    const machine = (kind: string): string => readlink(`/proc/self/ns/${kind}`);
    const host = await run(show, { hostConfig: { IpcMode: 'host', PidMode: 'host', UTSMode: 'host' } });
    assert.equal(host.stdout, `${['ipc', 'pid', 'uts'].map(machine).join('\n')}\n`);

    const donor = await start(['sh', '-c', 'echo shared > /dev/shm/note; exec sleep 1000'], {
      hostConfig: { IpcMode: 'shareable' },
    });
    const { state } = await service.find(donor);
    const joined = await run(
      ['sh', '-c', 'readlink /proc/self/ns/ipc; cat /dev/shm/note; ps | grep -c "sleep 1000"'],
      {
        hostConfig: { IpcMode: `container:${donor}`, PidMode: `container:${donor}` },
      },
    );
    const [ipc, note, seen] = joined.stdout.trim().split('\n');
    assert.equal(ipc, readlink(`/proc/${state.pid}/ns/ipc`));
    assert.equal(note, 'shared');
    assert.ok(Number(seen) >= 1);

    const closed = await start(['sleep', '1000']);
    await assert.rejects(
      run(['true'], { hostConfig: { IpcMode: `container:${closed}` } }),
      /failed to join IPC namespace: container [0-9a-f]{64}: non-shareable IPC/,
    );
    await service.remove(donor, { force: true });
    assert.ok(!readFileSync('/proc/self/mountinfo', 'utf8').includes(`${donor}/shm`));

    const none = await run(['sh', '-c', 'df /dev/shm | tail -n 1'], { hostConfig: { IpcMode: 'none' } });
    assert.doesNotMatch(none.stdout, /^shm/);
  },
);

lab('a container in a control group namespace of its own does not see where it is', async ({ run }) => {
  const groups = async (CgroupnsMode: string): Promise<string> =>
    (await run(['cat', '/proc/self/cgroup'], { hostConfig: { CgroupnsMode } })).stdout;
  assert.match(await groups('private'), /^[0-9]+:[^:]*:\/$/m);
  assert.doesNotMatch(await groups('private'), /lamella/);
  assert.match(await groups('host'), /:\/lamella\/[0-9a-f]{64}$/m);
});

lab('a parent of control groups holds the container’s, and they go with it', async ({ start, service }) => {
  const parent = `lamella-test-${process.pid}`;
  const id = await start(['sleep', '1000'], { hostConfig: { CgroupParent: `../../${parent}` } });
  const { state } = await service.find(id);
  assert.match(readFileSync(`/proc/${state.pid}/cgroup`, 'utf8'), new RegExp(`:/${parent}/${id}$`, 'm'));
  await service.remove(id, { force: true });
  const left = readHierarchies().roots.filter((root) => existsSync(join(root, parent, id)));
  assert.deepEqual(left, []);
  await removeCgroups(`/${parent}`);
});

lab(
  'who runs out of memory is killed, which the exit code, the state and an event tell',
  async ({ service, start, folder }) => {
    // tail keeps a line until it ends, and this one has no end.
    const id = await start(['sh', '-c', 'tail /dev/zero'], {
      hostConfig: { Memory: 16 << 20, MemorySwap: 16 << 20 },
    });
    const { exitCode } = await service.wait(id, { condition: 'not-running' });
    assert.equal(exitCode, 137);
    assert.partialDeepStrictEqual(await service.inspect(id), { State: { OOMKilled: true, ExitCode: 137 } });
    using db = openDatabase(join(folder, 'lamella.db'), migrations);
    const actions: string[] = [];
    for await (const { action } of readEvents(db, { since: 0, until: Date.now(), filters: {} })) {
      actions.push(action);
    }
    assert.deepEqual(actions, ['create', 'start', 'oom', 'die']);
  },
);

lab(
  'what systempaths=unconfined asks for is done, and annotations reach the OCI runtime only',
  async (opened) => {
    const { run, start, folder, service } = opened;
    const { stdout } = await run(['sh', '-c', 'ls /sys/firmware | wc -l; mount | grep -c "/proc/sys .*ro"'], {
      hostConfig: { MaskedPaths: [], ReadonlyPaths: [] },
    });
    assert.match(stdout, /\n0\n$/);
    const trap = join(folder, 'trap');
    const Annotations = {
      'org.systemd.property.X': 'true',
      'run.oci.hooks.stdout': trap,
      note: `$(touch ${trap})`,
    };
    const id = await start(['sleep', '1000'], { hostConfig: { Annotations } });
    const config = JSON.parse(
      readFileSync(join(folder, 'run/containers', id, 'config.json'), 'utf8'),
    ) as object;
    assert.partialDeepStrictEqual(config, { annotations: Annotations });
    assert.ok(!existsSync(trap));
    assert.partialDeepStrictEqual(await service.inspect(id), { HostConfig: { Annotations } });
  },
);

lab(
  'an OCI runtime is the one asked for, and one that is none is refused',
  async ({ run, service, folder }) => {
    const { runtime } = await findRuntimeParts({ run: join(folder, 'run') });
    const wrapper = join(folder, 'my-runtime');
    writeFileSync(wrapper, `#!/bin/sh\necho "$@" >> ${folder}/calls\nexec ${runtime.path} "$@"\n`, {
      mode: 0o755,
    });
    assert.equal((await run(['echo', 'hi'], { hostConfig: { Runtime: wrapper } })).stdout, 'hi\n');
    assert.match(readFileSync(join(folder, 'calls'), 'utf8'), /create /);
    await assert.rejects(
      service.create(exampleRequest(['true'], { hostConfig: { Runtime: 'nope' } }), exampleImage),
      /unknown or invalid runtime name: nope/,
    );
  },
);

lab('what this machine cannot do is left out with a warning', async ({ service }) => {
  const { warnings } = await service.create(
    exampleRequest(['true'], {
      hostConfig: { KernelMemory: 50 << 20, SecurityOpt: ['apparmor=mine', 'label=level:s0'] },
    }),
    exampleImage,
  );
  assert.deepEqual(warnings, [
    'Your kernel does not support kernel memory limit capabilities or the cgroup is not mounted. Limitation discarded.',
    ...(hasAppArmor()
      ? []
      : ['Your kernel does not support AppArmor or it is not enabled. AppArmor profile discarded.']),
    'SELinux labels are not supported. Labels discarded.',
  ]);
});
