import assert from 'node:assert/strict';
import test from 'node:test';
import { chainIds } from './chain-id.ts';
import { digestOf } from './digest.ts';

test('chainIds() hashes each layer together with the chain below it', () => {
  const [a, b, c] = [digestOf('a'), digestOf('b'), digestOf('c')] as const;
  const ab = digestOf(`${a} ${b}`);
  assert.deepEqual(chainIds([a, b, c]), [a, ab, digestOf(`${ab} ${c}`)]);
  assert.deepEqual(chainIds([]), []);
});
