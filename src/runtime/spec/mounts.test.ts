import assert from 'node:assert/strict';
import test from 'node:test';
import { isLamellaError } from '../../base/errors.ts';
import { arrangeMounts, bindMount, rootPropagation, systemMounts, tmpfsMount } from './mounts.ts';

const system = systemMounts({ privileged: false, shmSize: 1024 });

const bind = { target: '/b', readOnly: false, propagation: '' };

test('a bind that is only to be read says so, of all below it where the kernel can', () => {
  const options = (changes: object, kernelCan = true): readonly string[] =>
    bindMount('/a', { ...bind, readOnly: true, ...changes }, kernelCan).options;
  assert.deepEqual(options({}), ['rbind', 'rro', 'rprivate']);
  assert.deepEqual(options({}, false), ['rbind', 'ro', 'rprivate']);
  assert.deepEqual(options({ readOnlyBelow: 'never' }), ['rbind', 'ro', 'rprivate']);
  assert.deepEqual(options({ nonRecursive: true }), ['bind', 'ro', 'rprivate']);
  assert.deepEqual(bindMount('/a', bind, true).options, ['rbind', 'rw', 'rprivate']);
});

test('a root passes on what is mounted later only where a mount in it asks for that', () => {
  const propagation = (word: string): string | undefined =>
    rootPropagation([bindMount('/a', { ...bind, propagation: word }, true)]);
  assert.equal(propagation(''), undefined);
  assert.equal(propagation('rshared'), 'shared');
  assert.equal(propagation('slave'), 'rslave');
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
  const mounts = arrangeMounts(system, [bindMount('/a', { ...bind, target: '/dev/shm' }, true)]);
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
