import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type TestContext } from 'node:test';
import { createTestStore, lamellaCommand, type TestStore } from '../support/command.ts';
import { startDockerRegistry, type DockerRegistry } from '../support/docker-registry.ts';
import { findPeers, type Peers } from '../support/peers.ts';
import { keys, openTerminal } from '../support/terminal.ts';
import { importTiny } from '../support/tiny-image.ts';

const user = { name: 'jane', password: 'S3cret-pa55:wörd' };

interface Person {
  readonly store: TestStore;
  readonly config: string;
  readonly registry: DockerRegistry;
  readonly peers: Peers;
  /** The real Docker with the same files. @returns what it printed */
  readonly docker: (...args: readonly string[]) => string;
}

/** Somebody with a home folder of their own, beside a real registry with one account. @returns why there is none */
async function openPerson(t: TestContext): Promise<Person | string> {
  const registry = await startDockerRegistry({ user });
  if (typeof registry === 'string') return registry;
  t.after(() => registry[Symbol.asyncDispose]());
  const peers = findPeers();
  if (peers?.docker === undefined) return "the peers' Docker is not here, or not started";
  const home = mkdtempSync(join(tmpdir(), 'lamella-login-'));
  t.after(() => rmSync(home, { recursive: true }));
  const path = `${home}/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin`;
  const env = { HOME: home, DOCKER_CONFIG: join(home, '.docker'), XDG_RUNTIME_DIR: home, PATH: path };
  const inside = { ...env, DOCKER_HOST: 'unix:///run/peer-docker.sock' };
  const words = Object.entries(inside).map(([name, value]) => `${name}=${value}`);
  return {
    store: createTestStore(t, env),
    config: join(home, '.docker', 'config.json'),
    registry,
    peers,
    docker: (...args) => peers.run('env', ...words, 'docker', ...args),
  };
}

function outcome(action: () => string): string {
  try {
    return action();
  } catch (error) {
    return String(error);
  }
}

test('what docker login has kept, we use; what we keep in its way, docker and skopeo use', async (t) => {
  const person = await openPerson(t);
  if (typeof person === 'string') return t.skip(person);
  const { store, registry, config, peers, docker } = person;
  const image = `${registry.domain}/team/tiny:1`;
  await importTiny(t, store);
  await store.ok(['tag', 'tiny:1', image]);
  const refused = await store.run(['push', '-q', image]);
  assert.equal(refused.code, 1);
  assert.match(refused.stderr, /no basic auth credentials|unauthorized/);

  docker('login', '-u', user.name, '-p', user.password, registry.domain);
  await store.ok(['push', image]);
  const before = readFileSync(config, 'utf8');
  assert.match(await store.ok(['login', registry.domain]), /^Login Succeeded$/m);
  assert.equal(readFileSync(config, 'utf8'), before, 'still there for docker');
  assert.match(await store.ok(['logout', registry.domain]), /^Removing login credentials for 127/);
  assert.deepEqual(JSON.parse(readFileSync(config, 'utf8')), { auths: {} });
  assert.equal((await store.run(['pull', '-q', image])).code, 1);

  const login = ['login', '-u', user.name, '--password-stdin', registry.domain];
  const kept = await store.run([...login, '--plaintext'], { input: `${user.password}\n` });
  assert.equal(kept.stdout, 'Login Succeeded\n');
  assert.equal(
    kept.stderr,
    `\nWARNING! Your credentials are stored unencrypted in '${config}'.\n` +
      'Configure a credential helper to remove this warning. See\nhttps://docs.docker.com/go/credential-store/\n\n',
  );
  docker('pull', '-q', image);
  t.after(() => outcome(() => docker('rmi', image)));
  peers.run('skopeo', 'inspect', '--tls-verify=false', '--authfile', config, `docker://${image}`);
  assert.match(docker('login', registry.domain), /^Login Succeeded\n.*\[Username: jane\]/);
  docker('logout', registry.domain);
  assert.equal((await store.run(['pull', '-q', image])).code, 1);
});

test('what we have sealed is no credential for docker, which goes on as before and can log out of it', async (t) => {
  const person = await openPerson(t);
  if (typeof person === 'string') return t.skip(person);
  const { store, registry, config, docker } = person;
  const login = ['login', '-u', user.name, '--password-stdin', registry.domain];
  await store.ok(login, { input: user.password });
  assert.deepEqual(JSON.parse(readFileSync(config, 'utf8')), { auths: { [registry.domain]: {} } });
  assert.match(await store.ok(['login', registry.domain]), /Login Succeeded/);
  assert.match(
    outcome(() => docker('login', registry.domain)),
    /Cannot perform an interactive login from a non TTY device/,
  );
  docker('logout', registry.domain);
  const again = await store.run(['login', registry.domain]);
  assert.match(again.stderr, /Cannot perform an interactive login from a non TTY device/);
});

test('a helper that config.json names is shared with docker', async (t) => {
  const person = await openPerson(t);
  if (typeof person === 'string') return t.skip(person);
  const { store, registry, config, docker } = person;
  const home = join(config, '..', '..');
  mkdirSync(join(home, 'bin'));
  mkdirSync(join(home, '.docker'));
  const helper = join(home, 'bin', 'docker-credential-mine');
  const kept = join(home, 'keychain');
  writeFileSync(
    helper,
    `#!/bin/sh
case $1 in
store) cat >${kept};;
get) cat ${kept} 2>/dev/null || { echo "credentials not found in native keychain"; exit 1; };;
erase) rm -f ${kept};;
esac
`,
  );
  chmodSync(helper, 0o755);
  writeFileSync(config, '{\n\t"credsStore": "mine"\n}');
  const login = ['login', '-u', user.name, '--password-stdin', registry.domain];
  await store.ok(login, { input: user.password });
  const text = `{\n\t"credsStore": "mine",\n\t"auths": {\n\t\t"${registry.domain}": {}\n\t}\n}`;
  assert.equal(readFileSync(config, 'utf8'), text);
  const secret = { ServerURL: registry.domain, Username: user.name, Secret: user.password };
  assert.deepEqual(JSON.parse(readFileSync(kept, 'utf8')), secret);
  assert.match(docker('login', registry.domain), /Login Succeeded/);
  docker('logout', registry.domain);
  assert.equal((await store.run(login.with(2, 'bob'), { input: 'wrong' })).code, 1);
  docker('login', '-u', user.name, '-p', user.password, registry.domain);
  assert.match(await store.ok(['login', registry.domain]), /Login Succeeded/);
});

test('what is refused is refused in the words of docker', async (t) => {
  const person = await openPerson(t);
  if (typeof person === 'string') return t.skip(person);
  const { store, registry, docker } = person;
  for (const args of [
    ['-u', 'jane', '-p', 'wrong', registry.domain],
    [registry.domain],
    ['-u', 'jane', '--password-stdin', '-p', 'x', registry.domain],
    ['--password-stdin', registry.domain],
    ['-u', '', '-p', 'x', registry.domain],
    ['-u', 'jane', '-p', '', registry.domain],
    ['-u', 'jane', '-p', 'x', '127.0.0.1:1'],
  ]) {
    const { code, stdout, stderr } = await store.run(['login', ...args]);
    const theirs = outcome(() => docker('login', ...args)).replace(/^.* ended with 1: /, '');
    assert.equal(code, 1);
    assert.equal(stdout + stderr.replace(/^Hint: .*\n/m, ''), theirs);
  }
});

test('at a terminal it asks, shows no password, and offers the known name again when it is refused', async (t) => {
  const person = await openPerson(t);
  if (typeof person === 'string') return t.skip(person);
  const { store, registry, config } = person;
  mkdirSync(join(config, '..'));
  const auth = Buffer.from('jane:of last year').toString('base64');
  writeFileSync(config, JSON.stringify({ auths: { [registry.domain]: { auth } } }));
  const terminal = openTerminal(t, [lamellaCommand, 'login', registry.domain], { env: store.env });
  await terminal.see('Authenticating with existing credentials... [Username: jane]');
  await terminal.see(/Login did not succeed, error: Error response from daemon: .* 401 Unauthorized/);
  await terminal.see('Username (jane): ');
  terminal.type(keys.enter);
  await terminal.see('Password: ');
  terminal.type(`typo\u0015${user.password}x\u007F${keys.enter}`);
  await terminal.see('Login Succeeded');
  assert.equal(await terminal.ended, 0);
  assert.doesNotMatch(terminal.screen(), /S3cret|typo/);
  assert.deepEqual(JSON.parse(readFileSync(config, 'utf8')), { auths: { [registry.domain]: {} } });
});

test('Ctrl-C ends a login at either question, and keeps nothing', async (t) => {
  const person = await openPerson(t);
  if (typeof person === 'string') return t.skip(person);
  const { store, registry, config } = person;
  for (const [args, question] of [
    [['login', registry.domain], 'Username: '],
    [['login', '-u', 'jane', registry.domain], 'Password: '],
  ] as const) {
    const terminal = openTerminal(t, [lamellaCommand, ...args], { env: store.env });
    await terminal.see(question);
    terminal.type(`half${keys.ctrlC}`);
    assert.equal(await terminal.ended, 130, question);
  }
  assert.throws(() => readFileSync(config), { code: 'ENOENT' });
});
