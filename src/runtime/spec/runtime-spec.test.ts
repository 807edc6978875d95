import assert from 'node:assert/strict';
import test from 'node:test';
import { isLamellaError } from '../../base/errors.ts';
import { exampleImage, exampleRequest } from '../../../test/support/container-request.ts';
import { containerSpec } from '../create-container.ts';
import type { RuntimeSpec } from './oci-spec.ts';
import { workingDirectory } from './process.ts';
import { runtimeSpec } from './runtime-spec.ts';
import type { ContainerRequest } from '../types.ts';

const id = 'c'.repeat(64);

function specOf(
  hostConfig: Partial<ContainerRequest['hostConfig']> = {},
  config: Partial<ContainerRequest['config']> = {},
): RuntimeSpec {
  return runtimeSpec({
    id,
    spec: containerSpec(id, exampleRequest(['sh'], { config, hostConfig }), exampleImage),
    mounts: [],
    rootPath: '/root-of-it',
    user: { uid: 0, gid: 0, additionalGids: [0], home: '/root' },
    files: { resolvConf: '/f/resolv.conf', hosts: '/f/hosts', hostname: '/f/hostname' },
    initProgram: '/usr/bin/tini',
    capabilities: (1n << 41n) - 1n,
    devices: [],
    blockDevice: () => ({ major: 8, minor: 16 }),
    namespaces: {},
    sharedMemory: undefined,
    appArmor: '',
    kernel: '6.18.0',
    hostDevices: () => [
      { path: '/dev/null', type: 'c', major: 1, minor: 3, fileMode: 0o666, uid: 0, gid: 0 },
      { path: '/dev/fuse', type: 'c', major: 10, minor: 229, fileMode: 0o600, uid: 0, gid: 0 },
    ],
  });
}

test('a container has its own network unless it shares the machine’s', () => {
  const types = (mode: string): string[] =>
    specOf({ NetworkMode: mode }).linux.namespaces.map((each) => each.type);
  assert.ok(types('none').includes('network'));
  assert.ok(!types('host').includes('network'));
  assert.equal(specOf({ NetworkMode: 'host' }).linux.sysctl, undefined);
});

test('a container is confined', () => {
  const { linux, process } = specOf();
  assert.ok(linux.seccomp !== undefined);
  assert.ok(linux.maskedPaths?.includes('/proc/kcore'));
  assert.ok(linux.readonlyPaths?.includes('/proc/sys'));
  assert.equal(linux.resources.devices[0]?.allow, false);
  assert.equal(process.capabilities?.bounding.length, 14);
});

test('a privileged container is not, and gets the devices that the runtime does not make itself', () => {
  const { linux } = specOf({ Privileged: true });
  assert.equal(linux.seccomp, undefined);
  assert.equal(linux.maskedPaths, undefined);
  assert.deepEqual(
    linux.devices?.map((device) => device.path),
    ['/dev/fuse'],
  );
});

test('HOME comes from the container’s passwd unless it was set', () => {
  assert.ok(specOf().process.env.includes('HOME=/root'));
  assert.ok(specOf({}, { Env: ['HOME=/x'] }).process.env.includes('HOME=/x'));
});

test('--init puts an init program before the command', () => {
  const { process, mounts } = specOf({ Init: true });
  assert.deepEqual(process.args, ['/sbin/docker-init', '--', 'sh']);
  assert.equal(mounts.find((mount) => mount.destination === '/sbin/docker-init')?.source, '/usr/bin/tini');
});

test('limits become resources', () => {
  const { resources } = specOf({ Memory: 1 << 26, NanoCpus: 5e8, PidsLimit: 7 }).linux;
  assert.deepEqual(resources.memory, { limit: 1 << 26 });
  assert.deepEqual(resources.cpu, { quota: 50_000, period: 100_000 });
  assert.deepEqual(resources.pids, { limit: 7 });
});

test('limits of block devices are written by the devices’ numbers', () => {
  const { blockIO } = specOf({
    BlkioWeight: 20,
    BlkioWeightDevice: [{ Path: '/dev/sdb', Weight: 100 }],
    BlkioDeviceReadBps: [{ Path: '/dev/sdb', Rate: 1 << 20 }],
  }).linux.resources;
  assert.deepEqual(blockIO, {
    weight: 20,
    weightDevice: [{ major: 8, minor: 16, weight: 100 }],
    throttleReadBpsDevice: [{ major: 8, minor: 16, rate: 1 << 20 }],
  });
});

test('a working directory that leads out through an open descriptor is refused (CVE-2024-21626)', () => {
  for (const path of [
    'relative',
    '/proc/self/fd/9',
    '/proc//self/fd/9/../..',
    '/proc/thread-self/fd/7',
    '/proc/1/cwd',
    '/proc/self/task/1/fd/8',
    '/proc/./self/fd/3',
  ]) {
    assert.throws(
      () => workingDirectory(path),
      (error) => isLamellaError(error, 'invalid'),
      path,
    );
  }
  assert.equal(workingDirectory(''), '/');
  assert.equal(workingDirectory('/srv/proc/self/fd'), '/srv/proc/self/fd');
});
