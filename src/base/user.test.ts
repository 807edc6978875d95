import assert from 'node:assert/strict';
import test from 'node:test';
import { isMachineRoot, namespaceOwner, namespaceVariable, outerUserId } from './user.ts';

test('a variable that somebody has passed on makes nobody an ordinary user', () => {
  const env = { [namespaceVariable]: '123456789:eve:/tmp/eve' };
  assert.equal(namespaceOwner(env), undefined);
  assert.equal(outerUserId(env), process.getuid?.());
  assert.equal(isMachineRoot(env), process.getuid?.() === 0);
});
