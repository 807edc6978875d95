import assert from 'node:assert/strict';
import test from 'node:test';
import { createLimiter } from './limiter.ts';

test('createLimiter() never lets more run than it may, also of those that come just when one ends', async () => {
  const limit = createLimiter(2);
  let running = 0;
  let most = 0;
  const action = async (): Promise<void> => {
    running += 1;
    most = Math.max(most, running);
    await Promise.resolve();
    running -= 1;
  };
  const first = Array.from({ length: 5 }, () => limit(action));
  const later = first.map(async (ended) => {
    await ended;
    await limit(action);
  });
  await Promise.all(later);
  assert.equal(most, 2);
});

test('createLimiter() goes on after an action that failed', async () => {
  const limit = createLimiter(1);
  const failed = limit(() => Promise.reject(new Error('failed')));
  const next = limit(() => Promise.resolve('done'));
  await assert.rejects(failed, /failed/);
  assert.equal(await next, 'done');
});
