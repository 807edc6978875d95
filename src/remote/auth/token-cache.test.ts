import assert from 'node:assert/strict';
import test from 'node:test';
import { createTokenCache } from './token-cache.ts';

/** Gives another token each time. */
function source(expiresIn = 60): {
  fetch: () => Promise<{ token: string; expiresIn: number }>;
  count: number;
} {
  const counted = {
    count: 0,
    fetch: async () => {
      counted.count += 1;
      return { token: `token ${counted.count}`, expiresIn };
    },
  };
  return counted;
}

test('many who ask at once share one fetch', async () => {
  const cache = createTokenCache();
  const tokens = source();
  const all = await Promise.all(Array.from({ length: 5 }, () => cache.get('key', tokens.fetch)));
  assert.deepEqual(new Set(all), new Set(['token 1']));
  assert.equal(tokens.count, 1);
});

test('a token is replaced before it ends', async () => {
  let now = 0;
  const cache = createTokenCache(() => now);
  const tokens = source(60);
  assert.equal(await cache.get('key', tokens.fetch), 'token 1');
  now = 49_000;
  assert.equal(await cache.get('key', tokens.fetch), 'token 1');
  now = 51_000;
  assert.equal(await cache.get('key', tokens.fetch), 'token 2');
});

test('a token that was refused is dropped, and one that came since is not', async () => {
  const cache = createTokenCache();
  const tokens = source();
  await cache.get('key', tokens.fetch);
  cache.drop('key', 'token 1');
  assert.equal(await cache.get('key', tokens.fetch), 'token 2');
  cache.drop('key', 'token 1');
  assert.equal(await cache.get('key', tokens.fetch), 'token 2');
});

test('who gives up does not take the fetch from the others, and a failure is not kept', async () => {
  const cache = createTokenCache();
  const controller = new AbortController();
  const { promise, resolve } = Promise.withResolvers<{ token: string; expiresIn: number }>();
  const first = cache.get('key', () => promise, controller.signal);
  const second = cache.get('key', () => promise);
  controller.abort();
  await assert.rejects(first, { kind: 'cancelled' });
  resolve({ token: 'token', expiresIn: 60 });
  assert.equal(await second, 'token');
  const failing = async (): Promise<never> => {
    throw new Error('no token');
  };
  await assert.rejects(cache.get('other', failing), /no token/);
  assert.equal(await cache.get('other', source().fetch), 'token 1');
});
