import assert from 'node:assert/strict';
import test from 'node:test';
import type { RestartPolicy } from './host-config.ts';
import { checkRestartPolicy, type EndedRun, restartPause } from './restart-policy.ts';

const run: EndedRun = { exitCode: 1, ranFor: 50, restartCount: 0, lastPause: 0, stoppedByHand: false };
const policy = (Name: RestartPolicy['Name'], MaximumRetryCount = 0): RestartPolicy => ({
  Name,
  MaximumRetryCount,
});

test('the pause doubles from 100 ms to a minute', () => {
  const pauses: (number | undefined)[] = [];
  let lastPause = 0;
  for (let count = 0; count < 12; count += 1) {
    const pause = restartPause(policy('always'), { ...run, lastPause });
    pauses.push(pause);
    lastPause = pause ?? 0;
  }
  assert.deepEqual(pauses, [100, 200, 400, 800, 1600, 3200, 6400, 12_800, 25_600, 51_200, 60_000, 60_000]);
});

test('a run of ten seconds lets the pause begin anew', () => {
  assert.equal(restartPause(policy('always'), { ...run, lastPause: 6400, ranFor: 9999 }), 12_800);
  assert.equal(restartPause(policy('always'), { ...run, lastPause: 6400, ranFor: 10_000 }), 100);
});

test('each policy decides by how the container ended', () => {
  const restarts = (name: RestartPolicy['Name'], end: Partial<EndedRun>, retries = 0): boolean =>
    restartPause(policy(name, retries), { ...run, ...end }) !== undefined;
  assert.equal(restarts('no', {}), false);
  assert.equal(restarts('', {}), false);
  assert.equal(restarts('always', { exitCode: 0 }), true);
  assert.equal(restarts('unless-stopped', { exitCode: 0 }), true);
  assert.equal(restarts('on-failure', { exitCode: 0 }), false);
  assert.equal(restarts('on-failure', { exitCode: 2, restartCount: 1000 }), true);
  assert.equal(restarts('on-failure', { exitCode: 2, restartCount: 2 }, 3), true);
  assert.equal(restarts('on-failure', { exitCode: 2, restartCount: 3 }, 3), false);
  for (const name of ['always', 'unless-stopped', 'on-failure'] as const) {
    assert.equal(restarts(name, { stoppedByHand: true }), false);
  }
});

test('what cannot be is refused in the words of Docker', () => {
  const refusal = (wanted: RestartPolicy, AutoRemove = false): string => {
    try {
      checkRestartPolicy({ RestartPolicy: wanted, AutoRemove });
      return '';
    } catch (error) {
      return (error as Error).message;
    }
  };
  assert.equal(refusal(policy('on-failure', 3)), '');
  assert.equal(
    refusal(policy('on-failure', -1)),
    'invalid restart policy: maximum retry count cannot be negative',
  );
  assert.equal(
    refusal(policy('always', 3)),
    "invalid restart policy: maximum retry count can only be used with 'on-failure'",
  );
  assert.equal(
    refusal(policy('no', -3)),
    "invalid restart policy: maximum retry count can only be used with 'on-failure' and cannot be negative",
  );
  assert.equal(
    refusal(policy('sometimes' as 'always')),
    "invalid restart policy: unknown policy 'sometimes'; use one of 'no', 'always', 'on-failure', or 'unless-stopped'",
  );
  assert.equal(refusal(policy('always'), true), "can't create 'AutoRemove' container with restart policy");
});
