import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type TestContext } from 'node:test';
import { createTestStore, type TestStore } from '../support/command.ts';

const user = { name: 'jane', password: 'correct-horse-battery-staple' };

/** A registry that lets one person in, and a home folder that is not yet anybody's. */
async function openHome(t: TestContext): Promise<{ store: TestStore; home: string; domain: string }> {
  const wanted = `Basic ${Buffer.from(`${user.name}:${user.password}`).toString('base64')}`;
  const server = createServer((request, response) => {
    const isKnown = request.headers.authorization === wanted;
    response.writeHead(isKnown ? 200 : 401, isKnown ? {} : { 'www-authenticate': 'Basic realm="here"' });
    response.end('{}');
  });
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  t.after(() => server.close());
  const home = mkdtempSync(join(tmpdir(), 'lamella-home-'));
  t.after(() => rmSync(home, { recursive: true }));
  const { DOCKER_CONFIG: _, XDG_STATE_HOME: __, XDG_CONFIG_HOME: ___, ...env } = process.env;
  const store = createTestStore(t, { ...env, HOME: home, XDG_RUNTIME_DIR: home });
  return { store, home, domain: `127.0.0.1:${(server.address() as AddressInfo).port}` };
}

/** The ways in which somebody who looks for a password would find it. */
function traces(text: string): string[] {
  const { name, password } = user;
  const inBase64 = [password, `${name}:${password}`].flatMap((secret) =>
    ['', 'x', 'xx'].map((before) =>
      Buffer.from(before + secret)
        .toString('base64')
        .slice(4, -4),
    ),
  );
  const forms = [password, Buffer.from(password).toString('hex'), ...inBase64];
  return forms.filter((form) => text.includes(form) || text.includes(encodeURIComponent(form)));
}

function allFiles(folder: string): string {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) =>
    entry.isFile(),
  );
  assert.ok(files.length > 0);
  return files.map((file) => readFileSync(join(file.parentPath, file.name), 'latin1')).join('\n');
}

test('attack 55: after a login no file of the home folder has the password, in clear or in base64', async (t) => {
  const { store, home, domain } = await openHome(t);
  const login = ['--debug', 'login', '-u', user.name, '--password-stdin', domain];
  const { code, stdout, stderr } = await store.run(login, { input: `${user.password}\n` });
  assert.equal(code, 0, stderr);
  assert.deepEqual(traces(stdout + stderr), []);
  assert.deepEqual(traces(allFiles(home)), []);
  assert.deepEqual(traces(allFiles(home) + allFiles(store.root)), []);
  // It is not just lost.
  const again = await store.run(['login', domain]);
  assert.match(again.stdout, /Login Succeeded/);
  assert.deepEqual(traces(again.stdout + again.stderr + allFiles(home)), []);
});

test('a login that fails says nothing of the password, with --debug and as JSON too', async (t) => {
  const { store, home, domain } = await openHome(t);
  mkdirSync(join(home, 'bin'));
  const helper = join(home, 'bin', 'docker-credential-mine');
  writeFileSync(helper, '#!/bin/sh\ncat; cat >&2; exit 1\n');
  chmodSync(helper, 0o755);
  mkdirSync(join(home, '.docker'));
  writeFileSync(join(home, '.docker', 'config.json'), '{"credsStore":"mine"}');
  const env = { PATH: `${home}/bin:${process.env['PATH']}` };
  for (const globals of [['--debug'], ['--json', '--debug']]) {
    for (const [name, server] of [
      ['nobody', domain],
      [user.name, '127.0.0.1:1'],
      [user.name, domain],
    ] as const) {
      const login = [...globals, 'login', '-u', name, '--password-stdin', server];
      const { code, stdout, stderr } = await store.run(login, { input: user.password, env });
      assert.equal(code, 1);
      assert.deepEqual(traces(stdout + stderr), [], stderr);
    }
  }
  assert.deepEqual(traces(allFiles(home)), []);
});

test('a config.json that names a program by a path starts none', async (t) => {
  const { store, home, domain } = await openHome(t);
  mkdirSync(join(home, '.docker'));
  const evil = join(home, 'evil');
  writeFileSync(evil, `#!/bin/sh\ntouch ${home}/started\n`);
  chmodSync(evil, 0o755);
  for (const name of ['/../../evil', '../evil', `x/../../..${evil}`]) {
    writeFileSync(join(home, '.docker', 'config.json'), JSON.stringify({ credsStore: name }));
    const login = ['login', '-u', user.name, '--password-stdin', domain];
    const { code, stderr } = await store.run(login, { input: user.password });
    assert.equal(code, 1);
    assert.match(stderr, /executable file not found in \$PATH/);
  }
  assert.ok(!readdirSync(home).includes('started'));
});
