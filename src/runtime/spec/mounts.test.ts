import assert from 'node:assert/strict';
import test from 'node:test';
import { isLamellaError } from '../../base/errors.ts';
import { arrangeMounts, bindMount, parseBind, systemMounts, tmpfsMount } from './mounts.ts';

const system = systemMounts({ privileged: false, shmSize: 1024 });

test('parseBind() reads source, target and options', () => {
  assert.deepEqual(parseBind('/a//b/:/c/../d:ro,z,rslave'), {
    source: '/a/b',
    target: '/d',
    readOnly: true,
    propagation: 'rslave',
    mode: 'ro,z,rslave',
  });
});

test('parseBind() refuses what Docker refuses', () => {
  for (const text of ['/x:/', '/x:/a/..', '/x:rel', '/x:/y:what', '/x:/y:ro:z', '/x', ':/x']) {
    assert.throws(
      () => parseBind(text),
      (error) => isLamellaError(error, 'invalid'),
      text,
    );
  }
  assert.throws(
    () => parseBind('volume:/x'),
    (error) => isLamellaError(error, 'unsupported'),
  );
});

test('a bind that is only to be read says so', () => {
  assert.deepEqual(bindMount(parseBind('/a:/b:ro')).options, ['rbind', 'ro', 'rprivate']);
});

test('a tmpfs is safe unless its options say the contrary', () => {
  assert.deepEqual(tmpfsMount('/x', '').options.slice(0, 3), ['noexec', 'nosuid', 'nodev']);
  assert.deepEqual(tmpfsMount('/x', 'exec,size=1m').options, [
    'nosuid',
    'nodev',
    'rprivate',
    'exec',
    'size=1m',
  ]);
});

test('a tmpfs option that Docker does not know is refused in its words', () => {
  assert.throws(
    () => tmpfsMount('/x', 'foo'),
    (error) => isLamellaError(error, 'invalid') && error.message === 'invalid tmpfs option "foo"',
  );
});

test('a mount that was asked for takes the place of the system’s', () => {
  const mounts = arrangeMounts(system, [bindMount(parseBind('/a:/dev/shm'))]);
  assert.deepEqual(
    mounts.filter((mount) => mount.destination === '/dev/shm').map((mount) => mount.source),
    ['/a'],
  );
});

test('outer places are mounted before the places inside them', () => {
  const mounts = arrangeMounts([], [tmpfsMount('/a/b/c', ''), tmpfsMount('/a', ''), tmpfsMount('/a/b', '')]);
  assert.deepEqual(
    mounts.map((mount) => mount.destination),
    ['/a', '/a/b', '/a/b/c'],
  );
});

test('/sys can be written to only by privileged containers', () => {
  const options = (privileged: boolean): readonly string[] | undefined =>
    systemMounts({ privileged, shmSize: 1 }).find((mount) => mount.destination === '/sys')?.options;
  assert.ok(options(false)?.includes('ro'));
  assert.ok(options(true)?.includes('rw'));
});
