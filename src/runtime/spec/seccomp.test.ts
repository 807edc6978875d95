import assert from 'node:assert/strict';
import test from 'node:test';
import { seccompProfile } from './seccomp.ts';

const allowed = (capabilities: string[], architecture = 'x64'): Set<string> =>
  new Set(
    seccompProfile(capabilities, { architecture })
      .syscalls.filter((rule) => rule.action === 'SCMP_ACT_ALLOW' && rule.args === undefined)
      .flatMap((rule) => rule.names),
  );

test('what is not allowed fails with EPERM', () => {
  const profile = seccompProfile([]);
  assert.equal(profile.defaultAction, 'SCMP_ACT_ERRNO');
  assert.equal(profile.defaultErrnoRet, 1);
});

test('calls that concern the whole machine come only with their capability', () => {
  for (const [call, capability] of [
    ['mount', 'CAP_SYS_ADMIN'],
    ['reboot', 'CAP_SYS_BOOT'],
    ['init_module', 'CAP_SYS_MODULE'],
    ['bpf', 'CAP_BPF'],
    ['open_by_handle_at', 'CAP_DAC_READ_SEARCH'],
  ] as const) {
    assert.ok(!allowed([]).has(call), call);
    assert.ok(allowed([capability]).has(call), call);
  }
});

test('calls that no container gets are not there with any capability of the profile', () => {
  for (const call of [
    'keyctl',
    'add_key',
    'request_key',
    'kexec_load',
    'userfaultfd',
    'swapon',
    'pivot_root',
  ]) {
    assert.ok(!allowed(['CAP_SYS_ADMIN', 'CAP_SYS_BOOT', 'CAP_SYS_MODULE']).has(call), call);
  }
});

test('ordinary programs find their calls', () => {
  for (const call of ['read', 'openat', 'execve', 'fork', 'futex', 'mmap', 'epoll_wait', 'rseq', 'statx'])
    assert.ok(allowed([]).has(call), call);
});

test('clone() makes no namespaces and clone3() seems to be missing, but for CAP_SYS_ADMIN', () => {
  const rules = seccompProfile([], { architecture: 'x64' }).syscalls;
  assert.deepEqual(rules.find((rule) => rule.names.includes('clone'))?.args, [
    { index: 0, value: 0x7e020000, op: 'SCMP_CMP_MASKED_EQ' },
  ]);
  assert.equal(rules.find((rule) => rule.names.includes('clone3'))?.errnoRet, 38);
  assert.ok(allowed(['CAP_SYS_ADMIN']).has('clone3'));
});

test('each machine has the calls of its own', () => {
  assert.ok(allowed([], 'x64').has('arch_prctl'));
  assert.ok(!allowed([], 'arm64').has('arch_prctl'));
});
