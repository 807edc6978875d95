import assert from 'node:assert/strict';
import test from 'node:test';
import { parseChallenges } from './challenge.ts';
import { mayHaveCredentials, parseRealm } from './realm.ts';

const allowed: readonly (readonly [realm: string, registry: string])[] = [
  ['https://auth.docker.io/token', 'https://registry-1.docker.io'],
  ['https://gitlab.com/jwt/auth', 'https://registry.gitlab.com'],
  ['https://127.0.0.1:5001/token', 'https://127.0.0.1:5000'],
  ['https://sso.example.co.uk/t', 'https://registry.example.co.uk'],
  ['https://dockerauth.cn-hangzhou.aliyuncs.com/auth', 'https://registry.cn-hangzhou.aliyuncs.com'],
];
const refused: readonly (readonly [realm: string, registry: string])[] = [
  ['https://evil.example/token', 'https://registry-1.docker.io'],
  ['https://auth.docker.io.evil.example/token', 'https://registry-1.docker.io'],
  ['https://auth.docker.io/token', 'https://registry.example.com'],
  ['https://evilexample.com/token', 'https://example.com'],
  ['https://evil.co.uk/token', 'https://registry.co.uk'],
  ['https://evil.github.io/token', 'https://me.github.io'],
  ['https://evil.azurecr.io/token', 'https://me.azurecr.io'],
  ['https://evil.s3.amazonaws.com/', 'https://1234.dkr.ecr.eu-west-1.amazonaws.com'],
  ['https://127.0.0.2/token', 'https://127.0.0.1'],
  ['https://10.0.0.1/token', 'https://9.0.0.1'],
  ['https://com/token', 'https://example.com'],
];

test('mayHaveCredentials() knows the token servers of a registry', () => {
  for (const [realm, registry] of allowed) {
    assert.equal(mayHaveCredentials(new URL(realm), new URL(registry)), true, `${realm} for ${registry}`);
  }
});

test('mayHaveCredentials() refuses token servers of others (CVE-2020-15157)', () => {
  for (const [realm, registry] of refused) {
    assert.equal(mayHaveCredentials(new URL(realm), new URL(registry)), false, `${realm} for ${registry}`);
  }
});

test('parseRealm() refuses what is no HTTP, has no TLS where the registry has it, or is link-local', () => {
  const endpoint = {
    url: 'https://registry.example.com',
    isMirror: false,
    credentialsOf: 'registry.example.com',
    tls: { verify: true },
  };
  for (const realm of [
    'file:///etc/passwd',
    'token',
    'http://registry.example.com/token',
    'https://169.254.169.254/latest/meta-data',
    'https://[fe80::1]/token',
    'https://[::ffff:169.254.169.254]/token',
  ]) {
    assert.throws(() => parseRealm(realm, endpoint), { code: 'registry-answer-invalid' }, realm);
  }
  const insecure = { ...endpoint, tls: { verify: false } };
  assert.equal(parseRealm('http://registry.example.com/token', insecure).protocol, 'http:');
});

test('parseChallenges() reads several challenges, quotes and commas in them', () => {
  const [basic, bearer] = parseChallenges([
    'Basic realm="a \\"b\\", c", Bearer realm="https://x/t",service=reg,scope="repository:a:pull,push"',
  ]);
  assert.equal(basic?.parameters.get('realm'), 'a "b", c');
  assert.equal(bearer?.scheme, 'bearer');
  assert.deepEqual(Object.fromEntries(bearer?.parameters ?? []), {
    realm: 'https://x/t',
    service: 'reg',
    scope: 'repository:a:pull,push',
  });
  assert.deepEqual(
    parseChallenges(['=', '"', 'Bearer realm="open', '']).map(({ scheme }) => scheme),
    ['bearer'],
  );
});
