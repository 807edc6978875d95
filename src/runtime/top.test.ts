import assert from 'node:assert/strict';
import test from 'node:test';
import { isLamellaError } from '../base/errors.ts';
import { listProcesses, parseProcesses } from './top.ts';

const output = [
  'UID          PID    PPID  C STIME TTY          TIME CMD',
  'root           1       0  0 10:00 ?        00:00:01 /sbin/init splash',
  'www           42       1  0 10:00 ?        00:00:00 nginx: worker process',
  'www            -       1  0 10:00 ?        00:00:00 -',
  'root          77       1  0 10:00 ?        00:00:00 sleep 5',
  'root           -       1  0 10:00 ?        00:00:00 -',
  '',
].join('\n');

test('only the lines of the processes asked for are there, the last column with its spaces, and their threads', () => {
  const { Titles, Processes } = parseProcesses(output, [42]);
  assert.deepEqual(Titles, ['UID', 'PID', 'PPID', 'C', 'STIME', 'TTY', 'TIME', 'CMD']);
  assert.deepEqual(Processes, [
    ['www', '42', '1', '0', '10:00', '?', '00:00:00', 'nginx: worker process'],
    ['www', '-', '1', '0', '10:00', '?', '00:00:00', '-'],
  ]);
});

test('columns without a pid, and others that call themselves so, are refused in Docker’s words', () => {
  const refuses = (action: () => unknown, message: string): void =>
    assert.throws(action, (error) => isLamellaError(error, 'invalid') && error.message === message);
  refuses(() => parseProcesses('COMMAND\nsleep\n', [1]), "Couldn't find PID field in ps output");
  refuses(() => listProcesses([1], '-o pid -o user=PID'), 'specifying "user=PID" is not allowed');
});
