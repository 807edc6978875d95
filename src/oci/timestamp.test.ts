import assert from 'node:assert/strict';
import test from 'node:test';
import { parseTimestamp } from './timestamp.ts';

const now = Date.parse('2026-11-24T08:00:00Z');

test('parseTimestamp() reads durations, dates with and without zone, and Unix times', () => {
  assert.equal(parseTimestamp('10m', now), now - 600_000);
  assert.equal(parseTimestamp('2026-01-02T03:04:05.5Z', now), Date.UTC(2026, 0, 2, 3, 4, 5, 500));
  assert.equal(parseTimestamp('2026-01-02T03:04:05+02:00', now), Date.UTC(2026, 0, 2, 1, 4, 5));
  assert.equal(parseTimestamp('2026-01-02T03:04', now), new Date(2026, 0, 2, 3, 4).getTime());
  assert.equal(parseTimestamp('2026-01-02', now), new Date(2026, 0, 2).getTime());
  assert.equal(parseTimestamp('1136073845.25', now), 1_136_073_845_250);
});

test('parseTimestamp() refuses the rest', () => {
  for (const text of ['xyz', '', '2026-13-01', '1d', '2026-01-02T', '1.2.3']) {
    assert.throws(() => parseTimestamp(text, now), /failed to parse value as time or duration/, text);
  }
});
