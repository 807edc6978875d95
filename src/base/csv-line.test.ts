import assert from 'node:assert/strict';
import test from 'node:test';
import { array, assert as assertProperty, constantFrom, property, string } from 'fast-check';
import { parseCsvLine } from './csv-line.ts';

test('parseCsvLine() gives back what was quoted', () => {
  const field = string({ unit: constantFrom('a', ',', '"', ' ', '=') });
  assertProperty(
    property(array(field, { minLength: 1 }), (fields) => {
      const line = fields.map((text) => `"${text.replaceAll('"', '""')}"`).join(',');
      assert.deepEqual(parseCsvLine(line), fields);
    }),
  );
});

test('parseCsvLine() takes plain fields as they are, empty ones too', () => {
  assert.deepEqual(parseCsvLine('a,, b,'), ['a', '', ' b', '']);
});

test('parseCsvLine() says where a quote is wrong, as Go does', () => {
  for (const [line, problem] of [
    ['a,b"c', 'parse error on line 1, column 4: bare " in non-quoted field'],
    ['"a"b', 'parse error on line 1, column 3: extraneous or missing " in quoted-field'],
    ['"a', 'parse error on line 1, column 3: extraneous or missing " in quoted-field'],
    ['', 'EOF'],
  ] as const) {
    assert.throws(() => parseCsvLine(line), { message: problem });
  }
});
