import assert from 'node:assert/strict';
import test from 'node:test';
import {
  checkHealthcheck,
  healthSettings,
  mergeHealthcheck,
  type HealthSettings,
} from './health-settings.ts';
import { afterCheck, healthAtStart, type Health, untilNextCheck } from './health-state.ts';

const settings: HealthSettings = {
  command: ['true'],
  interval: 30_000,
  timeout: 30_000,
  startPeriod: 10_000,
  startInterval: 5_000,
  retries: 3,
};

/** Checks at these seconds after the start, with these exit codes. */
function after(...checks: readonly (readonly [second: number, exitCode: number])[]): Health {
  return checks.reduce<Health>(
    (health, [second, exitCode]) =>
      afterCheck(
        health,
        { start: 1000 + second * 1000, end: 1000 + second * 1000, exitCode, output: '' },
        { settings, startedAt: 1000 },
      ),
    healthAtStart(undefined),
  );
}

test('failures in the start period do not count', () => {
  assert.deepEqual(pick(after([1, 1], [5, 1], [9, 1])), ['starting', 0]);
  assert.deepEqual(pick(after([1, 1], [10, 1], [11, 1])), ['starting', 2]);
  assert.deepEqual(pick(after([10, 1], [11, 1], [12, -1])), ['unhealthy', 3]);
});

test('one success makes it healthy, and from then on failures count', () => {
  assert.deepEqual(pick(after([1, 1], [2, 0])), ['healthy', 0]);
  assert.deepEqual(pick(after([2, 0], [3, 1], [4, 1])), ['healthy', 2]);
  assert.deepEqual(pick(after([2, 0], [3, 1], [4, 1], [5, 1])), ['unhealthy', 3]);
  assert.deepEqual(pick(after([2, 0], [3, 1], [4, 1], [5, 1], [6, 0])), ['healthy', 0]);
});

function pick({ status, failingStreak }: Health): [string, number] {
  return [status, failingStreak];
}

test('the newest five results are kept, over a new start too', () => {
  const health = after([1, 1], [2, 2], [3, 3], [4, 4], [5, 5], [6, 6]);
  assert.deepEqual(
    health.log.map(({ exitCode }) => exitCode),
    [2, 3, 4, 5, 6],
  );
  assert.deepEqual(healthAtStart(health), { status: 'starting', failingStreak: 0, log: health.log });
});

test('while it starts, it is checked more often', () => {
  const starting = healthAtStart(undefined);
  assert.equal(untilNextCheck(starting, settings, 0), 5000);
  assert.equal(untilNextCheck(starting, settings, 10_000), 30_000);
  assert.equal(untilNextCheck(after([1, 0]), settings, 2000), 30_000);
});

test('healthSettings() knows Docker’s forms and defaults', () => {
  assert.equal(healthSettings(undefined), undefined);
  assert.equal(healthSettings({ Test: ['NONE'] }), undefined);
  assert.equal(healthSettings({ Interval: 1e9 }), undefined);
  assert.deepEqual(healthSettings({ Test: ['CMD-SHELL', 'true && false'], Interval: 1.5e9 }), {
    command: ['/bin/sh', '-c', 'true && false'],
    interval: 1500,
    timeout: 30_000,
    startPeriod: 0,
    startInterval: 5000,
    retries: 3,
  });
  assert.deepEqual(healthSettings({ Test: ['CMD', 'a', 'b'] })?.command, ['a', 'b']);
});

test('what is not asked for comes from the image', () => {
  const image = { Test: ['CMD', 'a'], Interval: 1e9, Retries: 5 };
  assert.deepEqual(mergeHealthcheck(undefined, image), image);
  assert.deepEqual(mergeHealthcheck({ Test: [], Interval: 2e9, Retries: 0 }, image), {
    ...image,
    Interval: 2e9,
  });
  assert.deepEqual(mergeHealthcheck({ Test: ['NONE'] }, undefined), { Test: ['NONE'] });
});

test('times too short and negative retries are refused in the words of Docker', () => {
  assert.throws(() => checkHealthcheck({ Interval: 1000 }), {
    message: 'Interval in Healthcheck cannot be less than 1ms',
  });
  assert.throws(() => checkHealthcheck({ Retries: -1 }), {
    message: 'Retries in Healthcheck cannot be negative',
  });
  checkHealthcheck({ Interval: 1e6, Timeout: 0 });
});
