import assert from 'node:assert/strict';
import test from 'node:test';
import * as fc from 'fast-check';
import { parseStrictJson } from './strict-json.ts';

const parse = (text: string): unknown => parseStrictJson(Buffer.from(text));

test('parseStrictJson() reads what JSON.parse() reads', () => {
  fc.assert(
    fc.property(fc.json({ maxDepth: 5 }), fc.nat(4), (text, indent) => {
      fc.pre(!/[0-9]{16}/.test(text));
      const value: unknown = JSON.parse(text);
      assert.deepEqual(parse(JSON.stringify(value, null, indent)), value);
    }),
  );
});

for (const [what, text] of [
  ['a repeated field', '{"a":1,"a":2}'],
  ['a field repeated in another spelling', '{"a":1,"\\u0061":2}'],
  ['a repeated __proto__', '{"__proto__":1,"__proto__":2}'],
  ['an integer beyond 2^53', '9007199254740993'],
  ['an endless number', '1e999'],
  ['a trailing comma', '[1,]'],
  ['a comment', '{} // no'],
  ['two documents', '{}{}'],
  ['single quotes', "{'a':1}"],
  ['a raw control character', '"\u0001"'],
  ['a bad escape', '"\\x"'],
  ['a leading zero', '01'],
  ['a byte order mark', '\ufeff{}'],
  ['nothing', ''],
  ['an unfinished object', '{"a":'],
] as const) {
  test(`parseStrictJson() refuses ${what}`, () => {
    assert.throws(() => parse(text), { code: 'json-invalid' });
  });
}

test('parseStrictJson() refuses invalid UTF-8, great depth and great size', () => {
  assert.throws(() => parseStrictJson(Buffer.from([0x22, 0xff, 0x22])), /not valid UTF-8/);
  assert.throws(() => parse('['.repeat(100_000)), /nested deeper than 64 levels/);
  assert.throws(() => parseStrictJson(Buffer.alloc(5 << 20, ' ')), /larger than 4194304 bytes/);
});

test('parseStrictJson() makes __proto__ a field like any other', () => {
  const value = parse('{"__proto__":{"polluted":true}}') as Record<string, unknown>;
  assert.deepEqual(Object.keys(value), ['__proto__']);
  assert.equal(Object.getPrototypeOf(value), Object.prototype);
  assert.equal(value['polluted'], undefined);
});
