import assert from 'node:assert/strict';
import test from 'node:test';
import { alignColumns } from './columns.ts';
import { displayWidth } from './display-width.ts';
import { ellipsis } from './ellipsis.ts';
import { escapeControl } from './escape-control.ts';

test('columns with Chinese in them stand under each other', () => {
  const lines = alignColumns('NAME\tID\n应用\t1\n🚀rocket\t2\ne\u0301\t3').split('\n');
  assert.deepEqual(
    lines.map((line) => displayWidth(line.slice(0, -(line.startsWith('NAME') ? 2 : 1)))),
    [11, 11, 11, 11],
  );
});

test('a column ends where a line has no such cell', () => {
  assert.equal(
    alignColumns('a\tlonger-than-ten\tc\nplain\nx\ty\tz'),
    'a         longer-than-ten   c\nplain\nx         y         z',
  );
});

test('no name can move the cursor, forge a line or turn a line around', () => {
  assert.equal(escapeControl('a\u001B[2J\nb\u202Ec\u0085\u007F'), 'a\\x1b[2J\\nb\\u202ec\\x85\\x7f');
  assert.equal(escapeControl('应用 é 🚀'), '应用 é 🚀');
});

test('ellipsis() never cuts a character in half and never grows', () => {
  assert.equal(ellipsis('abcdef', 6), 'abcdef');
  assert.equal(ellipsis('abcdefg', 6), 'abcde…');
  assert.equal(ellipsis('应用应用', 6), '应用…');
});
