import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { type TestContext } from 'node:test';
import { createTestStore, lamellaCommand, type TestStore } from '../support/command.ts';
import { startDockerRegistry } from '../support/docker-registry.ts';
import { startFakeRegistry } from '../support/fake-registry.ts';
import { findPeers } from '../support/peers.ts';
import { openTerminal } from '../support/terminal.ts';
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
  assert.match(await store.ok(['login', registry.domain]), /existing credentials.*\nLogin Succeeded$/);
  assert.equal(
    await store.ok(['logout', registry.domain]),
    `Removing login credentials for ${registry.domain}`,
  );
  assert.equal((await store.run(['push', name])).code, 1);
});

test("what is kept in Docker's way serves skopeo, and what podman keeps serves here", async (t) => {
  const registry = await startDockerRegistry({ user });
  if (typeof registry === 'string') return t.skip(registry);
  await using _ = registry;
  const peers = findPeers();
  if (peers === undefined) return t.skip('the peers are not here, or not started');
  const { home, store } = homeAndStore(t);
  await importTiny(t, store);
  const name = `${registry.domain}/team/tiny:1`;
  await store.ok(['tag', 'tiny:1', name]);
  const login = ['login', '--plaintext', '-u', user.name, '--password-stdin', registry.domain];
  const kept = await store.run(login, { input: user.password });
  assert.match(
    kept.stderr,
    /WARNING! Your credentials are stored unencrypted in '.*\/\.docker\/config\.json'/,
  );
  await store.ok(['push', name]);
  const file = join(home, '.docker', 'config.json');
  assert.match(
    peers.run('skopeo', 'inspect', '--tls-verify=false', `--authfile=${file}`, `docker://${name}`),
    /"Digest": "sha256:/,
  );
  await store.ok(['logout', registry.domain]);
  mkdirSync(join(home, '.docker'), { recursive: true });
  const flags = ['--tls-verify=false', `--compat-auth-file=${file}`, '-u', user.name, '-p', user.password];
  peers.run('skopeo', 'login', ...flags, registry.domain);
  assert.match(await store.ok(['pull', name]), /Image is up to date/);
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

test('on a terminal name and password are asked for, and the password is not shown', async (t) => {
  await using registry = await startFakeRegistry({
    auth: { kind: 'basic', users: { [user.name]: user.password } },
  });
  const { home, store } = homeAndStore(t);
  const terminal = openTerminal(t, [lamellaCommand, 'login', registry.domain], { env: store.env });
  await terminal.see('Username: ');
  terminal.type(`${user.name}\r`);
  await terminal.see('Password: ');
  terminal.type(`x\u007F${user.password}\r`);
  assert.equal(await terminal.ended, 0);
  assert.match(terminal.screen(), /Login Succeeded/);
  assert.ok(!terminal.screen().includes(user.password));
  demandNoSecret(home);
});

test('Ctrl-C at the password ends a login, and leaves the terminal as it was', async (t) => {
  await using registry = await startFakeRegistry();
  const { store } = homeAndStore(t);
  const terminal = openTerminal(t, [lamellaCommand, 'login', '-u', 'jane', registry.domain], {
    env: store.env,
  });
  await terminal.see('Password: ');
  terminal.type('\u0003');
  assert.notEqual(await terminal.ended, 0);
});
