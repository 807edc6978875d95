import assert from 'node:assert/strict';
import test from 'node:test';
import * as fc from 'fast-check';
import { formatGoTime, goNow, goTimeToMilliseconds, parseGoTime, zeroTime } from './go-time.ts';

for (const [text, formatted] of [
  ['2026-11-24T07:57:50.842318761Z', '2026-11-24T07:57:50.842318761Z'],
  ['2026-11-24T07:57:50.100000000Z', '2026-11-24T07:57:50.1Z'],
  ['2026-11-24T07:57:50.000Z', '2026-11-24T07:57:50Z'],
  ['2026-11-24T07:57:50.5+02:30', '2026-11-24T05:27:50.5Z'],
  ['1969-12-31T23:59:59.25Z', '1969-12-31T23:59:59.25Z'],
  [zeroTime, zeroTime],
] as const) {
  test(`formatGoTime() prints ${text} as ${formatted}`, () => {
    assert.equal(formatGoTime(parseGoTime(text)), formatted);
  });
}

for (const text of [
  '',
  '2026-11-24',
  '2026-02-30T00:00:00Z',
  '2026-11-24T24:00:00Z',
  '2026-11-24T07:57:50',
]) {
  test(`parseGoTime() refuses ${JSON.stringify(text)}`, () => {
    assert.throws(() => parseGoTime(text), { code: 'time-invalid' });
  });
}

test('parseGoTime() gives back every time that formatGoTime() prints', () => {
  const seconds = fc.integer({ min: -62_135_596_800, max: 253_402_300_799 });
  fc.assert(
    fc.property(seconds, fc.nat(999_999_999), (seconds, nanoseconds) => {
      assert.deepEqual(parseGoTime(formatGoTime({ seconds, nanoseconds })), { seconds, nanoseconds });
    }),
  );
});

test('goNow() is now', () => {
  assert.ok(Math.abs(goTimeToMilliseconds(goNow()) - Date.now()) < 1000);
});
