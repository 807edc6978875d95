import assert from 'node:assert/strict';
import test from 'node:test';
import { isLamellaError } from '../../base/errors.ts';
import { commandLine, mergeCommand } from './command.ts';

const image = { Entrypoint: ['/entry'], Cmd: ['image', 'cmd'] };
const asked = (Entrypoint?: string[], Cmd?: string[]): string[] =>
  commandLine(mergeCommand({ Entrypoint, Cmd }, image));

test('a container takes Entrypoint and Cmd of its image', () => {
  assert.deepEqual(asked(), ['/entry', 'image', 'cmd']);
});

test('a Cmd of its own goes to the image’s Entrypoint', () => {
  assert.deepEqual(asked(undefined, ['own']), ['/entry', 'own']);
});

test('an Entrypoint of its own drops the image’s Cmd', () => {
  assert.deepEqual(asked(['/own']), ['/own']);
  assert.deepEqual(asked(['/own'], ['x']), ['/own', 'x']);
});

test('an empty Entrypoint drops the image’s without setting another', () => {
  assert.deepEqual(asked([''], ['own']), ['own']);
});

test('a container without any command is refused in Docker’s words', () => {
  for (const entrypoint of [undefined, ['']]) {
    assert.throws(
      () => mergeCommand({ Entrypoint: entrypoint, Cmd: undefined }, { Cmd: null, Entrypoint: [] }),
      (error) => isLamellaError(error, 'invalid') && error.message === 'no command specified',
    );
  }
});
