import assert from 'node:assert/strict';
import test from 'node:test';
import { Digester, digestHex, digestOf, parseDigest } from './digest.ts';

const empty = 'sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';

test('parseDigest() takes sha256 and sha512', () => {
  assert.equal(parseDigest(empty), empty);
  assert.equal(digestHex(parseDigest(`sha512:${'a1'.repeat(64)}`)), 'a1'.repeat(64));
});

for (const [name, text] of [
  ['an unknown algorithm', `md5:${'a'.repeat(32)}`],
  ['upper case', `sha256:${'A'.repeat(64)}`],
  ['a short value', 'sha256:abc'],
  ['a path', 'sha256:../../../../etc/passwd'],
  ['no algorithm', 'a'.repeat(64)],
  ['a name of Object.prototype', `constructor:${'a'.repeat(64)}`],
] as const) {
  test(`parseDigest() rejects ${name}`, () => {
    assert.throws(() => parseDigest(text), { code: 'digest-invalid' });
  });
}

test('Digester gives what digestOf() gives, whatever the pieces', () => {
  const digester = new Digester();
  digester.update(Buffer.from('ab'));
  digester.update(Buffer.from('c'));
  assert.equal(digester.digest(), digestOf('abc'));
  assert.equal(digestOf(''), empty);
});
