import assert from 'node:assert/strict';
import test from 'node:test';
import { statusText } from './status-text.ts';

const second = 1000;
const minute = 60 * second;

test('statusText() tells how a container is', () => {
  const now = 10 * minute;
  assert.equal(statusText({ status: 'created', state: {} }, now), 'Created');
  assert.equal(statusText({ status: 'running', state: { startedAt: now - 5000 } }, now), 'Up 5 seconds');
  assert.equal(
    statusText({ status: 'exited', state: { exitCode: 137, finishedAt: 7 * minute } }, now),
    'Exited (137) 3 minutes ago',
  );
  assert.equal(
    statusText({ status: 'restarting', state: { exitCode: 1, finishedAt: now - 3000 } }, now),
    'Restarting (1) 3 seconds ago',
  );
});
