import assert from 'node:assert/strict';
import test from 'node:test';
import { defaultPath, mergeEnvironment, processEnvironment } from './environment.ts';

test('mergeEnvironment() puts what was asked for before what only the image has', () => {
  assert.deepEqual(mergeEnvironment(['A=1', 'C=own'], ['B=2', 'C=image']), ['A=1', 'C=own', 'B=2']);
});

test('processEnvironment() begins with PATH and HOSTNAME, and TERM where there is a terminal', () => {
  assert.deepEqual(processEnvironment([], { hostname: 'h', terminal: false }), [defaultPath, 'HOSTNAME=h']);
  assert.deepEqual(processEnvironment([], { hostname: 'h', terminal: true }).at(-1), 'TERM=xterm');
});

test('processEnvironment() replaces a default in its place, and the last of one name counts', () => {
  assert.deepEqual(processEnvironment(['A=1', 'PATH=/bin', 'A=2'], { hostname: 'h', terminal: false }), [
    'PATH=/bin',
    'HOSTNAME=h',
    'A=2',
  ]);
});

test('processEnvironment() takes away what is named without a value', () => {
  assert.deepEqual(processEnvironment(['HOSTNAME'], { hostname: 'h', terminal: false }), [defaultPath]);
});
