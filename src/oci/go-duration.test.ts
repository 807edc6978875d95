import assert from 'node:assert/strict';
import test from 'node:test';
import { isLamellaError } from '../base/errors.ts';
import { parseGoDuration } from './go-duration.ts';

test('parseGoDuration() reads what Go reads, in nanoseconds', () => {
  for (const [text, nanoseconds] of [
    ['1h30m', 5_400e9],
    ['1.5s', 1.5e9],
    ['-2ms', -2e6],
    ['+3µs', 3000],
    ['.5m', 30e9],
    ['0', 0],
    ['-0', 0],
  ] as const) {
    assert.equal(parseGoDuration(text), nanoseconds, text);
  }
});

test('parseGoDuration() refuses the rest in the words of Go', () => {
  for (const [text, message] of [
    ['', 'time: invalid duration ""'],
    ['10', 'time: missing unit in duration "10"'],
    ['1d', 'time: unknown unit "d" in duration "1d"'],
    ['1h-2m', 'time: unknown unit "h-" in duration "1h-2m"'],
    ['1constructor', 'time: unknown unit "constructor" in duration "1constructor"'],
    ['.h', 'time: invalid duration ".h"'],
  ] as const) {
    assert.throws(
      () => parseGoDuration(text),
      (error) => isLamellaError(error, 'invalid') && error.message === message,
      text,
    );
  }
});
