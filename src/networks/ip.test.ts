import assert from 'node:assert/strict';
import test from 'node:test';
import { assert as hold, ipV4, ipV6, oneof, property } from 'fast-check';
import {
  contains,
  formatAddress,
  fromBytes,
  lastOf,
  overlaps,
  parseAddress,
  parsePrefix,
  toBytes,
  type Prefix,
} from './ip.ts';

const prefix = (text: string): Prefix => parsePrefix(text) ?? assert.fail(text);

test('an address is the same after formatting and parsing, in either family', () => {
  hold(
    property(oneof(ipV4(), ipV6()), (text) => {
      const address = parseAddress(text) ?? assert.fail(text);
      assert.deepEqual(parseAddress(formatAddress(address)), address);
      assert.deepEqual(fromBytes(toBytes(address)), address);
    }),
  );
});

test('what is no address is none, whatever it carries', () => {
  for (const text of [
    '',
    '1.2.3',
    '1.2.3.4.5',
    '1.2.3.4\n',
    '1.2.3.4;',
    '::1%lo',
    'fd00::/8',
    '01.2.3.4',
    'a',
  ]) {
    assert.equal(parseAddress(text), undefined, JSON.stringify(text));
  }
});

test('prefixes overlap when one holds the other', () => {
  assert.ok(overlaps(prefix('172.16.0.0/12'), prefix('172.18.4.0/24')));
  assert.ok(overlaps(prefix('172.18.4.0/24'), prefix('172.16.0.0/12')));
  assert.ok(!overlaps(prefix('172.18.0.0/16'), prefix('172.19.0.0/16')));
  assert.ok(!overlaps(prefix('0.0.0.0/0'), prefix('::/0')));
  assert.equal(formatAddress(lastOf(prefix('10.1.2.3/30'))), '10.1.2.3');
  assert.ok(contains(prefix('fd00::/64'), parseAddress('fd00::ffff') ?? assert.fail()));
});
