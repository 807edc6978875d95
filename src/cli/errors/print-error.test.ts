import assert from 'node:assert/strict';
import test from 'node:test';
import { cancelledError } from '../../base/errors.ts';
import { isTermination, termination } from '../output/io.ts';
import { printedError } from './print-error.ts';

const context = {
  language: 'en',
  json: false,
  debug: false,
  colours: false,
  commandName: 'lamella run',
} as const;

test('a command that a signal has ended says with its exit code which, run as all others, and gives no advice', () => {
  for (const failureCode of [1, 125]) {
    const interrupted = printedError(cancelledError(), { ...context, failureCode });
    assert.equal(interrupted.exitCode, 130);
    assert.doesNotMatch(interrupted.text, /lamella/);
    assert.equal(printedError(cancelledError(), { ...context, failureCode, terminated: true }).exitCode, 143);
  }
});

test('isTermination() knows SIGTERM from Ctrl-C', () => {
  const controller = new AbortController();
  controller.abort();
  assert.equal(isTermination(controller.signal.reason), false);
  assert.equal(isTermination(termination()), true);
});
