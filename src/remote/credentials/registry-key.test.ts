import assert from 'node:assert/strict';
import test from 'node:test';
import { findKey, keyOf, registryDomain } from './registry-key.ts';

test('a registry is the same however people write it', () => {
  for (const text of [undefined, '', 'docker.io', 'index.docker.io', 'https://index.docker.io/v1/']) {
    assert.equal(registryDomain(text), 'docker.io');
  }
  for (const text of ['reg.example:5000', 'https://reg.example:5000', 'http://reg.example:5000/v2/']) {
    assert.equal(registryDomain(text), 'reg.example:5000');
  }
  assert.equal(registryDomain('[::1]:5000'), '[::1]:5000');
  assert.equal(keyOf('docker.io'), 'https://index.docker.io/v1/');
});

test('what can be no registry is refused before anything is asked or written', () => {
  for (const text of ['bad host', 'a\nb', 'user:secret@reg.example', '..', '__proto__', 'x:port', '/']) {
    assert.throws(() => registryDomain(text), { code: 'registry-invalid' }, text);
  }
});

test("Docker's own key counts before other spellings, and a key with a path is for that path alone", () => {
  const keys = ['https://reg.example/v1/', 'reg.example', 'team.example/team', 'https://old.example/'];
  assert.equal(findKey(keys, 'reg.example'), 'reg.example');
  assert.equal(findKey(keys, 'old.example'), 'https://old.example/');
  assert.equal(findKey(keys, 'team.example'), undefined);
  assert.equal(findKey(['index.docker.io'], 'docker.io'), 'index.docker.io');
});
