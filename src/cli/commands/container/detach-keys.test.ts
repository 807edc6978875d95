import assert from 'node:assert/strict';
import test from 'node:test';
import { createDetachFilter, parseDetachKeys } from './detach-keys.ts';

test('the keys that leave a container are held back until they turn out to be something else', () => {
  const filter = createDetachFilter(parseDetachKeys(undefined));
  const feed = (...bytes: number[]): [number[], boolean] => {
    const { pass, detached } = filter.feed(Uint8Array.from(bytes));
    return [[...pass], detached];
  };
  assert.deepEqual(feed(0x61, 0x10), [[0x61], false]);
  assert.deepEqual(feed(0x62), [[0x10, 0x62], false]);
  assert.deepEqual(feed(0x10, 0x10), [[0x10], false]);
  assert.deepEqual(feed(0x11), [[], true]);
});

test('--detach-keys takes letters and ctrl- combinations, nothing else', () => {
  assert.deepEqual(parseDetachKeys('ctrl-a,x,ctrl-['), [1, 0x78, 0x1b]);
  assert.throws(() => parseDetachKeys('ctrl-1'), /Unknown character/);
});
