import assert from 'node:assert/strict';
import test from 'node:test';
import { isLamellaError } from '../../base/errors.ts';
import { parseSeccompFile, type Surroundings } from './seccomp-file.ts';

const here: Surroundings = {
  capabilities: ['CAP_SYS_PTRACE'],
  architecture: 'x64',
  kernel: '6.1.0-28-amd64',
};
const errno = 'SCMP_ACT_ERRNO';
const allow = 'SCMP_ACT_ALLOW';

const names = (syscalls: object[], surroundings = here): string[] =>
  parseSeccompFile(JSON.stringify({ defaultAction: errno, syscalls }), surroundings).syscalls.flatMap(
    (rule) => rule.names,
  );

test('rules apply by capability, machine and kernel', () => {
  const syscalls = [
    { names: ['always'], action: allow, args: null, includes: {}, excludes: {} },
    { name: 'old', action: allow },
    { names: ['held'], action: allow, includes: { caps: ['CAP_SYS_PTRACE'] } },
    { names: ['not-held'], action: allow, includes: { caps: ['CAP_SYS_ADMIN'] } },
    { names: ['excluded'], action: allow, excludes: { caps: ['CAP_SYS_PTRACE'] } },
    { names: ['amd64'], action: allow, includes: { arches: ['amd64', 'x32'] } },
    { names: ['arm64'], action: allow, includes: { arches: ['arm64'] } },
    { names: ['new-enough'], action: allow, includes: { minKernel: '4.8' } },
    { names: ['too-old'], action: allow, includes: { minKernel: '6.2' } },
  ];
  assert.deepEqual(names(syscalls), ['always', 'old', 'held', 'amd64', 'new-enough']);
});

test('the architecture comes with those that its kernel runs too', () => {
  const archMap = [
    { architecture: 'SCMP_ARCH_AARCH64', subArchitectures: ['SCMP_ARCH_ARM'] },
    { architecture: 'SCMP_ARCH_X86_64', subArchitectures: ['SCMP_ARCH_X86', 'SCMP_ARCH_X32'] },
  ];
  const { architectures } = parseSeccompFile(JSON.stringify({ defaultAction: errno, archMap }), here);
  assert.deepEqual(architectures, ['SCMP_ARCH_X86_64', 'SCMP_ARCH_X86', 'SCMP_ARCH_X32']);
});

test('what is no profile is refused', () => {
  for (const text of ['', '[]', '"x"', '{}', '{"defaultAction":"A","syscalls":{}}', 'builtin']) {
    assert.throws(
      () => parseSeccompFile(text, here),
      (error) => isLamellaError(error, 'invalid') && error.code === 'seccomp-invalid',
      text,
    );
  }
});
