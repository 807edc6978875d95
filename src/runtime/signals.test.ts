import assert from 'node:assert/strict';
import test from 'node:test';
import { isLamellaError } from '../base/errors.ts';
import { parseSentSignal } from './signals.ts';

test('parseSentSignal() takes numbers and names in any form', () => {
  for (const [text, number] of [
    ['9', 9],
    ['KILL', 9],
    ['sigterm', 15],
    ['SIGRTMIN+3', 37],
    ['RTMAX-1', 63],
    ['SIGWINCH', 28],
  ] as const) {
    assert.equal(parseSentSignal(text), number);
  }
});

test('parseSentSignal() refuses the rest in Docker’s words', () => {
  for (const text of ['XX', '0', '65', '', '-9', 'RTMIN+31', 'RTMAX+1']) {
    assert.throws(
      () => parseSentSignal(text),
      (error) => isLamellaError(error, 'invalid') && error.message === `invalid signal: ${text}`,
    );
  }
});
