import assert from 'node:assert/strict';
import test from 'node:test';
import { exitCodeOf, runtimeError } from './runtime-error.ts';

const runc = (message: string): string =>
  `time="2026-01-01T00:00:00Z" level=warning msg="something"\ntime="2026-01-01T00:00:00Z" level=error msg=${JSON.stringify(message)}\n`;

test('runtimeError() words a missing program as Docker does, and a shell’s 127 belongs to it', () => {
  const error = runtimeError(
    'create',
    runc('runc create failed: exec: "foo": executable file not found in $PATH'),
  );
  assert.equal(
    error.message,
    'failed to create task for container: failed to create shim task: OCI runtime create failed: ' +
      'runc create failed: exec: "foo": executable file not found in $PATH',
  );
  assert.equal(error.code, 'command-not-found');
  assert.equal(exitCodeOf(error), 127);
});

test('runtimeError() knows a path that is not there', () => {
  assert.equal(
    runtimeError('create', runc('exec: "/x": stat /x: no such file or directory')).code,
    'command-not-found',
  );
});

test('runtimeError() knows a program that may not be run', () => {
  for (const reason of ['exec: "/etc/passwd": permission denied', 'exec /a: exec format error']) {
    const error = runtimeError('exec', runc(reason));
    assert.equal(error.code, 'command-not-executable');
    assert.equal(exitCodeOf(error), 126);
  }
});

test('runtimeError() takes what is no logfmt as it is', () => {
  assert.match(runtimeError('exec', 'boom\n').message, /^OCI runtime exec failed: boom$/);
  assert.match(runtimeError('exec', '').message, /gave no reason/);
});

test('runtimeError() names a working directory that is a file, as Docker does', () => {
  const error = runtimeError('create', runc('runc create failed: mkdir /etc/passwd: not a directory'));
  assert.equal(error.message, 'Cannot mkdir: /etc/passwd is not a directory');
  assert.equal(error.code, 'workdir-invalid');
});
