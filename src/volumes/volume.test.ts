import assert from 'node:assert/strict';
import test from 'node:test';
import { parseMountOptions } from './mount-volume.ts';
import { checkName, checkOptions, type VolumeRequest } from './volume.ts';

const request = (changes: Partial<VolumeRequest>): VolumeRequest => ({
  name: 'data',
  driver: 'local',
  labels: {},
  options: {},
  ...changes,
});

test('a volume’s name and driver are refused in Docker’s words', () => {
  const refusals = [
    [
      { name: 'x' },
      'create x: volume name is too short, names should be at least two alphanumeric characters',
    ],
    [
      { name: 'a/b' },
      'create a/b: "a/b" includes invalid characters for a local volume name, only "[a-zA-Z0-9][a-zA-Z0-9_.-]" are allowed. If you intended to pass a host directory, use absolute path',
    ],
    [{ driver: 'foo' }, 'create data: error looking up volume plugin foo: plugin "foo" not found'],
  ] as const;
  for (const [changes, message] of refusals) assert.throws(() => checkName(request(changes)), { message });
  for (const name of ['data', 'a_b.c-d', '0'.repeat(64), 'A1']) checkName(request({ name }));
});

test('a volume’s options are refused in Docker’s words', () => {
  const refusals = [
    [{ foo: 'bar' }, 'create data: invalid option: "foo"'],
    [{ type: 'tmpfs' }, 'create data: missing required option: "device"'],
    [{ o: 'ro' }, 'create data: missing required option: "device"'],
    [{ device: '/x' }, 'create data: missing required option: "type"'],
    [{ size: '1g' }, 'create data: quota size requested but no quota support'],
  ] as const;
  for (const [options, message] of refusals) {
    assert.throws(() => checkOptions(request({ options })), { message });
  }
  checkOptions(request({ options: { type: 'nfs', device: ':/x', o: 'addr=10.0.0.1' } }));
});

test('parseMountOptions() tells the kernel’s flags from the file system’s options; the last word of two counts', () => {
  assert.deepEqual(parseMountOptions('size=1m,ro,nosuid,uid=33'), { flags: 3, data: 'size=1m,uid=33' });
  assert.deepEqual(parseMountOptions('ro,rw,constructor'), { flags: 0, data: 'constructor' });
  assert.deepEqual(parseMountOptions('rbind'), { flags: 0x5000, data: '' });
  assert.deepEqual(parseMountOptions(''), { flags: 0, data: '' });
});
