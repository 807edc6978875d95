import assert from 'node:assert/strict';
import {
  chmodSync,
  chownSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type TestContext } from 'node:test';
import { createCredentialStore } from './credential-store.ts';
import type { Credential, CredentialStore } from './credential.ts';

const jane: Credential = { kind: 'password', username: 'jane', password: 'correct horse: battery' };
const token: Credential = { kind: 'identity-token', username: 'jane', token: 'refresh-token-of-jane' };

interface Home {
  readonly folder: string;
  readonly config: string;
  readonly env: NodeJS.ProcessEnv;
  readonly store: CredentialStore;
  readConfig(): Record<string, unknown>;
}

function makeHome(t: TestContext, config?: object): Home {
  const folder = mkdtempSync(join(tmpdir(), 'lamella-home-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const path = join(folder, '.docker', 'config.json');
  if (config !== undefined) {
    mkdirSync(join(folder, '.docker'));
    writeFileSync(path, JSON.stringify(config));
  }
  const env = { HOME: folder, XDG_RUNTIME_DIR: folder, PATH: `${folder}/bin:${process.env['PATH']}` };
  return {
    folder,
    config: path,
    env,
    store: createCredentialStore({ env }),
    readConfig: () => JSON.parse(readFileSync(path, 'utf8')) as Record<string, unknown>,
  };
}

/** Everything in all files below a folder. */
function allText(folder: string): string {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => readFileSync(join(entry.parentPath, entry.name), 'latin1'))
    .join('\n');
}

test('a sealed password is found again, and stands in no file of the home folder, not in base64 either', async (t) => {
  const home = makeHome(t);
  const place = await home.store.save('reg.example:5000', jane);
  assert.equal(place.kind, 'sealed');
  assert.deepEqual(await home.store.find('reg.example:5000'), jane);
  assert.deepEqual(await createCredentialStore({ env: home.env }).find('reg.example:5000'), jane);
  const text = allText(home.folder);
  for (const secret of [jane.password, `${jane.username}:${jane.password}`]) {
    assert.ok(!text.includes(secret));
    for (const shift of ['', 'x', 'xx']) {
      const inBase64 = Buffer.from(shift + secret)
        .toString('base64')
        .slice(4, -4);
      assert.ok(!text.includes(inBase64));
    }
  }
  assert.deepEqual(home.readConfig()['auths'], { 'reg.example:5000': {} });
  for (const path of [
    '.docker/config.json',
    '.docker/lamella-credentials.json',
    '.local/state/lamella/credential-key',
  ])
    assert.equal(statSync(join(home.folder, path)).mode & 0o777, 0o600, path);
});

test('what was sealed is worth nothing without the key, for another registry, or when it was changed', async (t) => {
  const home = makeHome(t);
  await home.store.save('reg.example', jane);
  const path = join(home.folder, '.docker', 'lamella-credentials.json');
  const { registries } = JSON.parse(readFileSync(path, 'utf8')) as { registries: Record<string, string> };
  await home.store.save('evil.example', token);
  writeFileSync(path, JSON.stringify({ registries: { 'evil.example': registries['reg.example'] } }));
  assert.equal(await home.store.find('evil.example'), undefined);
  assert.match(home.store.problem?.('evil.example') ?? '', /sealed on another machine or are damaged/);
  writeFileSync(path, JSON.stringify({ registries }));
  assert.deepEqual(await home.store.find('reg.example'), jane);
  writeFileSync(join(home.folder, '.local', 'state', 'lamella', 'credential-key'), Buffer.alloc(32));
  assert.equal(await home.store.find('reg.example'), undefined);
});

test("Docker's way keeps it in config.json as Docker writes it, and all else that stands there", async (t) => {
  const home = makeHome(t, { HttpHeaders: { 'X-Mine': '1' }, auths: { 'other.example': { auth: 'YTpi' } } });
  const place = await home.store.save('docker.io', jane, { plaintext: true });
  assert.deepEqual(place, { kind: 'plain', path: home.config });
  assert.deepEqual(home.readConfig(), {
    HttpHeaders: { 'X-Mine': '1' },
    auths: {
      'other.example': { auth: 'YTpi' },
      'https://index.docker.io/v1/': { auth: Buffer.from(`jane:${jane.password}`).toString('base64') },
    },
  });
  assert.match(readFileSync(home.config, 'utf8'), /^\{\n\t"HttpHeaders"/);
  assert.deepEqual(await home.store.find('docker.io'), jane);
  assert.deepEqual(await home.store.find('other.example'), {
    kind: 'password',
    username: 'a',
    password: 'b',
  });
});

test('entries are read as Docker reads them', async (t) => {
  const auth = Buffer.from('jane:').toString('base64');
  const { store } = makeHome(t, {
    auths: {
      'https://slash.example/v1/': { auth: 'YTpi' },
      'token.example': { auth, identitytoken: 'refresh' },
      'bearer.example': { registrytoken: 'bearer' },
      'empty.example': {},
      'path.example/team': { auth: 'YTpi' },
    },
  });
  assert.deepEqual(await store.find('slash.example'), { kind: 'password', username: 'a', password: 'b' });
  assert.deepEqual(await store.find('token.example'), {
    kind: 'identity-token',
    username: 'jane',
    token: 'refresh',
  });
  assert.deepEqual(await store.find('bearer.example'), { kind: 'registry-token', token: 'bearer' });
  for (const domain of ['empty.example', 'path.example', 'none.example'])
    assert.equal(await store.find(domain), undefined);
});

test('a logout forgets it everywhere, and tells whether there was anything', async (t) => {
  const home = makeHome(t);
  const { store } = home;
  await store.save('reg.example', jane);
  assert.equal(await store.erase('reg.example'), true);
  assert.equal(await store.find('reg.example'), undefined);
  assert.deepEqual(home.readConfig()['auths'], {});
  assert.equal(await store.erase('reg.example'), false);
});

test('who logs out with Docker is logged out here too', async (t) => {
  const home = makeHome(t);
  await home.store.save('reg.example', jane);
  writeFileSync(home.config, JSON.stringify({ auths: {} }));
  assert.equal(await home.store.find('reg.example'), undefined);
});

const helper = `#!/bin/sh
# Keeps each secret in a file, as a keychain would.
folder="$HOME/keychain"
mkdir -p "$folder"
case $1 in
store) cat >"$folder/new"; mv "$folder/new" "$folder/secret";;
get) read -r url; [ -f "$folder/secret" ] || { echo "credentials not found in native keychain"; exit 1; }
  cat "$folder/secret";;
erase) rm -f "$folder/secret";;
esac`;

function withHelper(home: Home, script: string): void {
  mkdirSync(join(home.folder, 'bin'));
  const path = join(home.folder, 'bin', 'docker-credential-mine');
  writeFileSync(path, script);
  chmodSync(path, 0o755);
}

for (const credential of [jane, token]) {
  test(`a helper keeps the ${credential.kind}; config.json only says so`, async (t) => {
    const home = makeHome(t, { credsStore: 'mine' });
    withHelper(home, helper);
    assert.equal(await home.store.find('reg.example'), undefined);
    assert.deepEqual(await home.store.save('reg.example', credential), { kind: 'helper', helper: 'mine' });
    const found = await home.store.find('reg.example');
    assert.deepEqual({ ...found, username: 'jane' }, credential);
    assert.deepEqual(home.readConfig(), { credsStore: 'mine', auths: { 'reg.example': {} } });
    assert.equal(await home.store.erase('reg.example'), true);
    assert.deepEqual(readdirSync(join(home.folder, 'keychain')), []);
  });
}

test('a helper for one registry is asked for that one only', async (t) => {
  const home = makeHome(t, { credHelpers: { 'reg.example': 'mine' } });
  withHelper(home, helper);
  assert.equal((await home.store.save('reg.example', jane)).kind, 'helper');
  assert.equal((await home.store.save('other.example', token)).kind, 'sealed');
  assert.deepEqual(await home.store.find('other.example'), token);
});

test('a helper that is not there or fails is no credential, and a reason', async (t) => {
  const home = makeHome(t, { credsStore: 'mine', auths: { 'reg.example': {} } });
  assert.equal(await home.store.find('reg.example'), undefined);
  assert.match(home.store.problem?.('reg.example') ?? '', /docker-credential-mine/);
  withHelper(home, '#!/bin/sh\necho "the keychain is locked"; exit 1');
  assert.equal(await home.store.find('reg.example'), undefined);
  assert.match(home.store.problem?.('reg.example') ?? '', /the keychain is locked/);
  await assert.rejects(home.store.save('reg.example', jane), {
    code: 'client-credential-helper-failed',
    message:
      'Error saving credentials: error storing credentials - err: exit status 1, out: `the keychain is locked`',
  });
});

test('a config.json that cannot be read is not written over, and no secret of it is told', async (t) => {
  const home = makeHome(t, {});
  writeFileSync(home.config, '{"auths":{"a":{"auth":"c2VjcmV0OnNlY3JldA=="');
  await assert.rejects(home.store.save('reg.example', jane), (error: Error) => {
    assert.match(error.message, /error loading config file: .*config\.json/);
    assert.ok(!error.message.includes('c2Vj'));
    return true;
  });
  assert.match(readFileSync(home.config, 'utf8'), /^\{"auths":\{"a"/);
});

test('logins at the same time lose nothing of each other', async (t) => {
  const home = makeHome(t);
  const domains = Array.from({ length: 8 }, (_, index) => `reg${index}.example`);
  await Promise.all(domains.map((domain) => createCredentialStore({ env: home.env }).save(domain, jane)));
  for (const domain of domains) assert.deepEqual(await home.store.find(domain), jane, domain);
});

test('DOCKER_CONFIG is somebody else: what is kept under one folder is not seen under another', async (t) => {
  const home = makeHome(t);
  const other = createCredentialStore({ env: { ...home.env, DOCKER_CONFIG: join(home.folder, 'ci') } });
  await home.store.save('reg.example', jane);
  assert.equal(await other.find('reg.example'), undefined);
  await other.save('reg.example', { ...jane, password: 'of the CI' });
  assert.deepEqual(await home.store.find('reg.example'), jane);
  assert.equal(statSync(join(home.folder, 'ci')).mode & 0o777, 0o700);
});

test('a login leaves no older secret behind, under whatever spelling it stood', async (t) => {
  const auth = Buffer.from('jane:old password').toString('base64');
  const home = makeHome(t, {
    auths: {
      'https://reg.example/v1/': { auth },
      'reg.example': { auth },
      'reg.example/team': { auth: 'YTpi' },
    },
  });
  await home.store.save('reg.example', jane);
  assert.deepEqual(home.readConfig()['auths'], { 'reg.example': {}, 'reg.example/team': { auth: 'YTpi' } });
  await home.store.save('reg.example', jane, { plaintext: true });
  assert.deepEqual(
    JSON.parse(readFileSync(join(home.folder, '.docker', 'lamella-credentials.json'), 'utf8')),
    {
      registries: {},
    },
  );
  assert.equal(await home.store.erase('reg.example'), true);
  assert.deepEqual(home.readConfig()['auths'], { 'reg.example/team': { auth: 'YTpi' } });
});

test('a link to config.json stays one, also where what it points to is not there yet', async (t) => {
  const home = makeHome(t, {});
  const real = join(home.folder, 'dotfiles.json');
  rmSync(home.config);
  symlinkSync('../dotfiles.json', home.config);
  for (const domain of ['a.example', 'b.example']) {
    await home.store.save(domain, jane);
    assert.equal(readlinkSync(home.config), '../dotfiles.json');
    assert.ok(domain in (JSON.parse(readFileSync(real, 'utf8')) as { auths: object }).auths);
  }
  assert.equal(statSync(real).mode & 0o777, 0o600);
});

test('what root makes in the home of somebody is theirs', async (t) => {
  if (process.geteuid?.() !== 0) return t.skip('only root can give files away');
  const home = makeHome(t);
  chownSync(home.folder, 1234, 2345);
  await home.store.save('reg.example', jane);
  const made = readdirSync(home.folder, { recursive: true, encoding: 'utf8' });
  assert.ok(made.includes(join('.local', 'state', 'lamella', 'credential-key')));
  for (const name of made) {
    const { uid, gid } = statSync(join(home.folder, name));
    assert.deepEqual({ uid, gid }, { uid: 1234, gid: 2345 }, name);
  }
});

test("Podman's file is read where Docker's says nothing, and the environment's before all", async (t) => {
  const home = makeHome(t);
  const podman = join(home.folder, 'auth.json');
  writeFileSync(
    podman,
    JSON.stringify({ auths: { 'docker.io': { auth: 'YTpi' }, 'reg.example': { auth: 'YTpi' } } }),
  );
  const env = { ...home.env, REGISTRY_AUTH_FILE: podman };
  const store = createCredentialStore({ env });
  const anna: Credential = { kind: 'password', username: 'a', password: 'b' };
  assert.deepEqual(await store.find('docker.io'), anna);
  await store.save('reg.example', jane);
  assert.deepEqual(await store.find('reg.example'), jane);
  const auths = { 'reg.example': { auth: Buffer.from('ci:job token').toString('base64') } };
  const job = createCredentialStore({ env: { ...env, DOCKER_AUTH_CONFIG: JSON.stringify({ auths }) } });
  assert.deepEqual(await job.find('reg.example'), {
    kind: 'password',
    username: 'ci',
    password: 'job token',
  });
  const runtime = createCredentialStore({ env: { ...home.env, XDG_RUNTIME_DIR: join(home.folder, 'run') } });
  mkdirSync(join(home.folder, 'run', 'containers'), { recursive: true });
  writeFileSync(join(home.folder, 'run', 'containers', 'auth.json'), readFileSync(podman));
  assert.deepEqual(await runtime.find('docker.io'), anna);
});

test('a helper that does not work does not hide what the file says', async (t) => {
  const home = makeHome(t, { credsStore: 'none', auths: { 'reg.example': { auth: 'YTpi' } } });
  assert.deepEqual(await home.store.find('reg.example'), { kind: 'password', username: 'a', password: 'b' });
  assert.equal(await home.store.erase('reg.example'), true);
  assert.deepEqual(home.readConfig(), { credsStore: 'none', auths: {} });
});

test('a folder that cannot be written is told as Docker tells it', async (t) => {
  const home = makeHome(t);
  writeFileSync(join(home.folder, '.docker'), 'no folder');
  await assert.rejects(home.store.save('reg.example', jane), {
    code: 'client-credentials-not-writable',
    message: /^Error saving credentials: /,
  });
});

test('what is kept for a part of a registry counts before what is for all of it, the most specific first', async (t) => {
  const entry = (name: string): { auth: string } => ({
    auth: Buffer.from(`${name}:secret`).toString('base64'),
  });
  const home = makeHome(t, {
    auths: {
      'reg.example': entry('all'),
      'reg.example/team': entry('team'),
      'reg.example/team/app': entry('app'),
      'reg.example/tea': entry('tea'),
      'docker.io/library': entry('official'),
      'reg.example/broken': 'no entry',
    },
  });
  mkdirSync(join(home.folder, 'containers'));
  const podmans = { auths: { 'reg.example/other/app': entry('other') } };
  writeFileSync(join(home.folder, 'containers', 'auth.json'), JSON.stringify(podmans));
  const found = async (domain: string, path?: string): Promise<string | undefined> => {
    const credential = await home.store.find(domain, path);
    return credential?.kind === 'password' ? credential.username : undefined;
  };
  for (const [path, wanted] of [
    ['team/app', 'app'],
    ['team/app/sub', 'app'],
    ['team/apple', 'team'],
    ['teams/app', 'all'],
    ['other/app', 'other'],
    ['other', 'all'],
    ['broken/app', 'all'],
    ['__proto__/app', 'all'],
    [undefined, 'all'],
  ] as const) {
    assert.equal(await found('reg.example', path), wanted, path ?? 'all of it');
  }
  assert.equal(await found('docker.io', 'library/ubuntu'), 'official');
  assert.equal(await found('elsewhere.example', 'team/app'), undefined);

  // A login is for the whole registry, as Docker's is, and leaves the parts alone.
  await home.store.save('reg.example', jane, { plaintext: true });
  await home.store.erase('reg.example');
  assert.equal(await found('reg.example', 'team/app'), 'app');
  assert.equal(await found('reg.example', 'teams/app'), undefined);
});
