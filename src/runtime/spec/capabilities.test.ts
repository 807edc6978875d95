import assert from 'node:assert/strict';
import test from 'node:test';
import { isLamellaError } from '../../base/errors.ts';
import { containerCapabilities } from './capabilities.ts';

const all = (1n << 41n) - 1n;
const capabilities = (
  options: Partial<Parameters<typeof containerCapabilities>[0]>,
): ReturnType<typeof containerCapabilities> =>
  containerCapabilities({ add: [], drop: [], privileged: false, available: all, ...options });

test('a container has Docker’s fourteen capabilities', () => {
  assert.equal(capabilities({}).length, 14);
  assert.ok(!capabilities({}).includes('CAP_SYS_ADMIN'));
});

test('capabilities are added and dropped by either form of their names', () => {
  assert.ok(capabilities({ add: ['sys_admin'] }).includes('CAP_SYS_ADMIN'));
  assert.ok(!capabilities({ drop: ['CAP_CHOWN'] }).includes('CAP_CHOWN'));
});

test('all can be dropped but one', () => {
  assert.deepEqual(capabilities({ drop: ['ALL'], add: ['NET_RAW'] }), ['CAP_NET_RAW']);
});

test('all can be added but one', () => {
  const most = capabilities({ add: ['ALL'], drop: ['MKNOD'] });
  assert.equal(most.length, 40);
  assert.ok(!most.includes('CAP_MKNOD'));
});

test('a privileged container has all that this process can give and no more', () => {
  assert.deepEqual(capabilities({ privileged: true, available: 0b101n }), [
    'CAP_CHOWN',
    'CAP_DAC_READ_SEARCH',
  ]);
});

test('an unknown capability is refused in Docker’s words', () => {
  assert.throws(
    () => capabilities({ add: ['FOO'] }),
    (error) =>
      isLamellaError(error, 'invalid') && error.message === 'invalid CapAdd: unknown capability: "CAP_FOO"',
  );
});
