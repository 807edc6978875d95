import assert from 'node:assert/strict';
import test from 'node:test';
import { isLamellaError } from '../../base/errors.ts';
import type { RuntimeSpec } from './oci-spec.ts';
import { knownUser, rootlessSpec, type RootlessMachine } from './rootless-spec.ts';

const machine: RootlessMachine = {
  oomScoreAdj: 100,
  lastGroup: 65536,
  mayUse: (path) => path === '/dev/fuse',
  exists: () => true,
};

function specWith(namespaces: readonly string[]): RuntimeSpec {
  const device = { type: 'c' as const, major: 10, minor: 229, fileMode: 0o666, uid: 0, gid: 0 };
  return {
    ociVersion: '1.0.2',
    process: {
      terminal: false,
      user: { uid: 0, gid: 0, additionalGids: [] },
      args: ['sh'],
      env: [],
      cwd: '/',
    },
    root: { path: '/root' },
    mounts: [
      { destination: '/proc', type: 'proc', source: 'proc', options: ['nosuid'] },
      { destination: '/sys', type: 'sysfs', source: 'sysfs', options: ['ro'] },
      { destination: '/dev/mqueue', type: 'mqueue', source: 'mqueue', options: [] },
      { destination: '/dev/pts', type: 'devpts', source: 'devpts', options: ['newinstance', 'gid=5'] },
    ],
    linux: {
      cgroupsPath: '/lamella/x',
      resources: { devices: [], pids: { limit: 7 } },
      sysctl: { 'net.ipv4.ping_group_range': '0 2147483647' },
      namespaces: namespaces.map((type) => ({ type })),
      devices: [
        { ...device, path: '/dev/fuse' },
        { ...device, path: '/dev/kmsg' },
      ],
    },
  };
}

const all = ['mount', 'network', 'pid', 'ipc', 'uts'];

test('what needs rights on the machine is left out: control groups, limits, devices of others', () => {
  const { linux, process } = rootlessSpec(specWith(all), machine);
  assert.equal(linux.cgroupsPath, undefined);
  assert.deepEqual(linux.resources, { devices: [] });
  assert.deepEqual(
    linux.devices?.map(({ path }) => path),
    ['/dev/fuse'],
  );
  assert.deepEqual(linux.sysctl, { 'net.ipv4.ping_group_range': '0 65536' });
  assert.equal(process.oomScoreAdj, 100);
});

test('file systems of namespaces that are shared with the machine are the machine’s', () => {
  const types = (namespaces: readonly string[]): string[] =>
    rootlessSpec(specWith(namespaces), machine).mounts.map(({ type, source }) => `${type} ${source}`);
  assert.deepEqual(types(all), ['proc proc', 'sysfs sysfs', 'mqueue mqueue', 'devpts devpts']);
  assert.deepEqual(types(['mount']), ['bind /proc', 'bind /sys', 'bind /dev/mqueue', 'devpts devpts']);
});

test('with one ID only, terminals have no group and nobody else can be', () => {
  const { mounts } = rootlessSpec(specWith(all), { ...machine, lastGroup: 0 });
  assert.deepEqual(mounts.at(-1)?.options, ['newinstance']);
  const root = { uid: 0, gid: 0, additionalGids: [1, 2], home: '/root' };
  const one = { lastUser: 0, lastGroup: 0 };
  assert.deepEqual(knownUser(root, one).additionalGids, []);
  assert.deepEqual(knownUser(root, { lastUser: 9, lastGroup: 1 }).additionalGids, [1]);
  assert.throws(
    () => knownUser({ ...root, uid: 33 }, one),
    (error) => isLamellaError(error, 'unsupported') && error.code === 'id-not-mapped',
  );
});
