import assert from 'node:assert/strict';
import test from 'node:test';
import * as fc from 'fast-check';
import type { ByteString } from '../base/byte-string.ts';
import { toByteString } from '../base/byte-string.ts';
import { formatPaxRecord, formatPaxTime, parsePaxRecords, parsePaxTime } from './pax.ts';
import { xattrKey, xattrsOf } from './pax-xattrs.ts';

for (const [text, seconds, nanoseconds] of [
  ['0', 0, 0],
  ['-0', 0, 0],
  ['1700000000', 1_700_000_000, 0],
  ['1.5', 1, 500_000_000],
  ['1.', 1, 0],
  ['1.000000001', 1, 1],
  ['1.0000000019', 1, 1],
  ['-1', -1, 0],
  ['-1.5', -2, 500_000_000],
  ['-0.25', -1, 750_000_000],
  ['-0.0000000001', -1, 999_999_999],
  ['253402300799.999999999', 253_402_300_799, 999_999_999],
] as const) {
  test(`the pax time ${text} is ${seconds} s and ${nanoseconds} ns`, () => {
    assert.deepEqual(parsePaxTime(text), { seconds, nanoseconds });
  });
}

test('a time that is written is read again exactly', () => {
  fc.assert(
    fc.property(fc.maxSafeInteger(), fc.integer({ min: 0, max: 999_999_999 }), (seconds, nanoseconds) => {
      assert.deepEqual(parsePaxTime(formatPaxTime({ seconds, nanoseconds })), { seconds, nanoseconds });
    }),
  );
});

test('a record counts its own length, whatever its length', () => {
  for (let length = 0; length < 12_000; length += length < 1100 ? 1 : 37) {
    const record = formatPaxRecord('k' as ByteString, 'v'.repeat(length) as ByteString);
    assert.equal(Number.parseInt(record.toString('latin1'), 10), record.byteLength);
    assert.deepEqual(parsePaxRecords(record), [['k', 'v'.repeat(length)]]);
  }
});

test('a value may hold anything: newlines, equals signs, what looks like a record', () => {
  const value = '\n12 path=evil\n\xff=\0' as ByteString;
  const key = toByteString('SCHILY.xattr.user.x');
  assert.deepEqual(parsePaxRecords(formatPaxRecord(key, value)), [[key, value]]);
});

function xattrs(records: Readonly<Record<string, string>>): [string, string][] {
  const map = new Map(
    Object.entries(records).map(([key, value]) => [key as ByteString, value as ByteString]),
  );
  return [...xattrsOf(map)].map(([name, value]) => [name, Buffer.from(value).toString('latin1')]);
}

test('SCHILY.xattr holds bytes, with = and % of the name encoded as GNU tar does', () => {
  assert.deepEqual(xattrs({ 'SCHILY.xattr.user.a%3Db%25c%41': '\0\xff' }), [['user.a=b%c%41', '\0\xff']]);
  assert.equal(xattrKey('user.a=b%c' as ByteString), 'SCHILY.xattr.user.a%3Db%25c');
});

test('LIBARCHIVE.xattr holds base64, with the name percent-encoded', () => {
  assert.deepEqual(xattrs({ 'LIBARCHIVE.xattr.user.a%20%FFb': 'AP8K' }), [['user.a \xffb', '\0\xff\n']]);
});

test('an attribute that stands there in both forms is the one of SCHILY', () => {
  assert.deepEqual(xattrs({ 'LIBARCHIVE.xattr.user.a': 'AAAA', 'SCHILY.xattr.user.a': 'v' }), [
    ['user.a', 'v'],
  ]);
});
