import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { type TestContext } from 'node:test';
import { createTestStore, type TestStore } from '../support/command.ts';
import { startDockerRegistry } from '../support/docker-registry.ts';
import { startFakeRegistry } from '../support/fake-registry.ts';
import { importTiny, temporaryFolder } from '../support/tiny-image.ts';

const user = { name: 'jane', password: 'tr0ub4dor&3 & correct horse' };

function homeAndStore(t: TestContext): { home: string; store: TestStore } {
  const home = temporaryFolder(t);
  const clean = { DOCKER_CONFIG: '', XDG_CONFIG_HOME: '', XDG_STATE_HOME: '' };
  return { home, store: createTestStore(t, { ...clean, HOME: home }) };
}

function demandNoSecret(folder: string): void {
  const base64 = Buffer.from(`${user.name}:${user.password}`).toString('base64');
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const text = readFileSync(join(entry.parentPath, entry.name), 'latin1');
    assert.ok(!text.includes(user.password) && !text.includes(base64), `${entry.name} has the password`);
  }
}

test('a login against the real registry, and what it allows; its password stands in no file', async (t) => {
  const registry = await startDockerRegistry({ user });
  if (typeof registry === 'string') return t.skip(registry);
  await using _ = registry;
  const { home, store } = homeAndStore(t);
  await importTiny(t, store);
  const name = `${registry.domain}/team/tiny:1`;
  await store.ok(['tag', 'tiny:1', name]);
  const refused = await store.run(['push', name]);
  assert.equal(refused.code, 1);
  assert.match(refused.stderr, /no basic auth credentials/);

  const login = ['login', '-u', user.name, '--password-stdin', registry.domain];
  const wrong = await store.run(login, { input: 'wrong\n' });
  assert.equal(wrong.code, 1);
  assert.match(wrong.stderr, /login attempt to http:\/\/.*\/v2\/ failed with status: 401 Unauthorized/);
  const right = await store.run(login, { input: `${user.password}\n` });
  assert.deepEqual([right.code, right.stdout, right.stderr], [0, 'Login Succeeded\n', '']);
  demandNoSecret(home);

  await store.ok(['push', name]);
  assert.match(await store.ok(['pull', name]), /Image is up to date/);
  assert.equal(await store.ok(['login', registry.domain]), 'Login Succeeded');
  assert.equal(
    await store.ok(['logout', registry.domain]),
    `Removing login credentials for ${registry.domain}`,
  );
  assert.equal((await store.run(['push', name])).code, 1);
});

test('a registry with tokens: the refresh token is kept in place of the password', async (t) => {
  await using registry = await startFakeRegistry({
    auth: { kind: 'token', users: { [user.name]: user.password }, refreshTokens: true, post: true },
  });
  registry.image('team/app', '1', { layers: [{ a: 'a' }] });
  const { home, store } = homeAndStore(t);
  const login = ['login', '-u', user.name, '--password-stdin', registry.domain];
  assert.equal((await store.run(login, { input: user.password })).stdout, 'Login Succeeded\n');
  demandNoSecret(home);
  await store.ok(['pull', `${registry.domain}/team/app:1`]);
});
