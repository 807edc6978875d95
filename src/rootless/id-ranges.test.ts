import assert from 'node:assert/strict';
import test from 'node:test';
import { idMap, parseIdRanges } from './id-ranges.ts';

const me = { uid: 1000, name: 'me' };

test('the lines of /etc/subuid that name the user or their number count, in their order', () => {
  const text = 'you:100000:65536\nme:165536:1000\n\n1000:300000:5\nme:x:5\nme:5:0\nme:7\n# me:1:1\n';
  assert.deepEqual(parseIdRanges(text, me), [
    { start: 165536, count: 1000 },
    { start: 300000, count: 5 },
  ]);
});

test('the user becomes root and the ranges follow without a gap', () => {
  const ranges = [
    { start: 100000, count: 10 },
    { start: 500000, count: 5 },
  ];
  assert.equal(idMap(1000, ranges).join(' '), '0 1000 1 1 100000 10 11 500000 5');
});
