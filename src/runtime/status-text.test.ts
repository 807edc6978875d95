import assert from 'node:assert/strict';
import test from 'node:test';
import { humanDuration, statusText } from './status-text.ts';

const second = 1000;
const minute = 60 * second;
const hour = 60 * minute;
const day = 24 * hour;

test('humanDuration() speaks as Docker does', () => {
  for (const [milliseconds, text] of [
    [-5, 'Less than a second'],
    [999, 'Less than a second'],
    [second, '1 second'],
    [59 * second, '59 seconds'],
    [minute, 'About a minute'],
    [119 * second, 'About a minute'],
    [2 * minute, '2 minutes'],
    [59 * minute, '59 minutes'],
    [hour, 'About an hour'],
    [89 * minute, 'About an hour'],
    [90 * minute, '2 hours'],
    [47 * hour, '47 hours'],
    [2 * day, '2 days'],
    [14 * day, '2 weeks'],
    [60 * day, '2 months'],
    [730 * day, '2 years'],
  ] as const) {
    assert.equal(humanDuration(milliseconds), text);
  }
});

test('statusText() tells how a container is', () => {
  const now = 10 * minute;
  assert.equal(statusText({ status: 'created', state: {} }, now), 'Created');
  assert.equal(statusText({ status: 'running', state: { startedAt: now - 5000 } }, now), 'Up 5 seconds');
  assert.equal(
    statusText({ status: 'exited', state: { exitCode: 137, finishedAt: 7 * minute } }, now),
    'Exited (137) 3 minutes ago',
  );
});
