import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import test, { type TestContext } from 'node:test';
import type { ConfigPaths } from './config-paths.ts';
import { createRegistries, type RegistryFiles } from './registries.ts';
import type { Registries } from './endpoint.ts';

interface Lab {
  readonly folder: string;
  readonly paths: ConfigPaths;
  readonly write: (name: string, content: object | string) => string;
  readonly open: () => Registries & RegistryFiles;
  readonly urls: (domain: string, purpose?: 'pull' | 'push') => Promise<string[]>;
}

function lab(t: TestContext): Lab {
  const folder = mkdtempSync(join(tmpdir(), 'lamella-registries-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const at = (name: string): string => join(folder, name);
  const paths: ConfigPaths = {
    own: [at('mine/registries.json'), at('etc/registries.json')],
    daemon: [at('docker/daemon.json')],
    certificates: [at('certs')],
  };
  const open = (): Registries & RegistryFiles =>
    createRegistries({ env: {}, state: at('state.json'), paths });
  return {
    folder,
    paths,
    open,
    write(name, content) {
      mkdirSync(dirname(at(name)), { recursive: true });
      writeFileSync(at(name), typeof content === 'string' ? content : JSON.stringify(content, undefined, 2));
      return at(name);
    },
    urls: async (domain, purpose = 'pull') => (await open().endpoints(domain, purpose)).map(({ url }) => url),
  };
}

test('docker.io is at registry-1.docker.io with the credentials of docker.io, others where they say', async (t) => {
  const registries = lab(t).open();
  assert.deepEqual(await registries.endpoints('docker.io', 'pull'), [
    {
      url: 'https://registry-1.docker.io',
      isMirror: false,
      credentialsOf: 'docker.io',
      tls: { verify: true },
    },
  ]);
  const [ghcr] = await registries.endpoints('GHCR.io', 'push');
  assert.equal(ghcr?.url, 'https://ghcr.io');
  assert.equal(ghcr.credentialsOf, 'GHCR.io');
});

test('the loopback is insecure as with Docker: https is tried, then http', async (t) => {
  const { urls, open } = lab(t);
  for (const domain of ['localhost', 'localhost:5000', '127.0.0.1:5000', '127.8.9.1', '[::1]:5000']) {
    assert.deepEqual(await urls(domain), [`https://${domain}`, `http://${domain}`]);
    assert.deepEqual(await urls(domain, 'push'), [`https://${domain}`, `http://${domain}`]);
  }
  const [first] = await open().endpoints('localhost:5000', 'pull');
  assert.equal(first?.tls.verify, false);
  for (const domain of ['128.0.0.1:5000', '127.0.0.1.example.com', 'localhost.example.com', '[::2]']) {
    assert.deepEqual(await urls(domain), [`https://${domain}`]);
  }
});

test("mirrors of Docker's daemon.json stand before docker.io, and before nothing else, and for pulls alone", async (t) => {
  const { urls, write } = lab(t);
  write('docker/daemon.json', {
    'log-driver': 'local',
    'registry-mirrors': ['https://a.example/', 'http://b.example/docker.io', 'https://a.example'],
  });
  const own = 'https://registry-1.docker.io';
  assert.deepEqual(await urls('docker.io'), ['https://a.example', 'http://b.example/docker.io', own]);
  assert.deepEqual(await urls('docker.io', 'push'), [own]);
  assert.deepEqual(await urls('ghcr.io'), ['https://ghcr.io']);
});

test("a mirror gets its own credentials, never the registry's", async (t) => {
  const { open, write } = lab(t);
  write('docker/daemon.json', { 'registry-mirrors': ['https://m.example:8443/hub'] });
  const [mirror] = await open().endpoints('docker.io', 'pull');
  assert.equal(mirror?.isMirror, true);
  assert.equal(mirror.credentialsOf, 'm.example:8443');
});

test("the first file that speaks of a registry's mirrors counts: one's own, the machine's, Docker's", async (t) => {
  const { urls, write, open, paths } = lab(t);
  write('docker/daemon.json', { 'registry-mirrors': ['https://docker.example'] });
  write('etc/registries.json', {
    registries: {
      'docker.io': { mirrors: ['https://etc.example'] },
      'ghcr.io': { mirrors: ['https://ghcr.example'] },
    },
  });
  assert.equal((await urls('docker.io'))[0], 'https://etc.example');
  write('mine/registries.json', {
    registries: { 'index.docker.io': { mirrors: ['https://mine.example'] } },
  });
  assert.deepEqual(await urls('docker.io'), ['https://mine.example', 'https://registry-1.docker.io']);
  assert.deepEqual(await urls('ghcr.io'), ['https://ghcr.example', 'https://ghcr.io']);
  assert.deepEqual(await open().mirrors(), [
    { registry: 'docker.io', mirrors: ['https://mine.example'], source: paths.own[0], paused: [] },
    { registry: 'ghcr.io', mirrors: ['https://ghcr.example'], source: paths.own[1], paused: [] },
  ]);
});

test('a registry is insecure where a file says so, by name or by network, and a name can be excepted', async (t) => {
  const { urls, write, open } = lab(t);
  write('docker/daemon.json', {
    'insecure-registries': ['http://Reg.example:5000', '10.0.0.0/8', 'fd00::/8'],
  });
  write('mine/registries.json', {
    registries: { '10.1.1.1': { insecure: false }, 'x.example': { insecure: true, mirrors: [] } },
  });
  const both = (host: string): string[] => [`https://${host}`, `http://${host}`];
  assert.deepEqual(await urls('reg.example:5000'), both('reg.example:5000'));
  assert.deepEqual(await urls('10.2.3.4:5000'), both('10.2.3.4:5000'));
  assert.deepEqual(await urls('[fd00::5]:80'), both('[fd00::5]:80'));
  assert.deepEqual(await urls('x.example'), both('x.example'));
  assert.deepEqual(await urls('10.1.1.1'), ['https://10.1.1.1']);
  assert.deepEqual(await urls('11.2.3.4:5000'), ['https://11.2.3.4:5000']);
  assert.deepEqual(await open().insecure(), [
    'x.example',
    'reg.example:5000',
    '10.0.0.0/8',
    'fd00::/8',
    '::1/128',
    '127.0.0.0/8',
  ]);
});

test('an insecure mirror is asked as it is written, whatever its certificate', async (t) => {
  const { open, write } = lab(t);
  write('docker/daemon.json', {
    'registry-mirrors': ['https://m.example'],
    'insecure-registries': ['m.example'],
  });
  const [mirror, own] = await open().endpoints('docker.io', 'pull');
  assert.deepEqual([mirror?.url, mirror?.tls.verify, own?.tls.verify], ['https://m.example', false, true]);
});

const broken: readonly (readonly [file: string, content: string, error: RegExp])[] = [
  [
    'docker/daemon.json',
    '{\n  "registry-mirrors": ["https://a.example"],\n}',
    /daemon\.json:3: unexpected "}"/,
  ],
  ['docker/daemon.json', '[]', /daemon\.json: it must be an object/],
  [
    'docker/daemon.json',
    '{\n"registry-mirrors": "https://a.example"}',
    /daemon\.json:2: "registry-mirrors" must be a list/,
  ],
  [
    'docker/daemon.json',
    '{\n\n"registry-mirrors": ["a.example"]}',
    /daemon\.json:3: invalid mirror: no scheme specified/,
  ],
  [
    'docker/daemon.json',
    '{"insecure-registries": ["svn://mytest.com"]}',
    /daemon\.json:1: insecure registry svn:\/\/mytest\.com should not contain '::?\/\/'/,
  ],
  ['docker/daemon.json', '{"insecure-registries": ["10.0.0.0/33"]}', /10\.0\.0\.0\/33 is not valid/],
  [
    'mine/registries.json',
    '{"registries": {"docker.io": {\n"miror": []}}}',
    /registries\.json:2: unknown setting "miror"; there is "mirrors" and "insecure"/,
  ],
  [
    'mine/registries.json',
    '{"registries": {\n\n"ubuntu": {}}}',
    /registries\.json:3: invalid registry name: "ubuntu"/,
  ],
  [
    'mine/registries.json',
    '{"registries": {"ghcr.io": {}, \n"ghcr.io": {}}}',
    /registries\.json:2: duplicate field "ghcr\.io"/,
  ],
  [
    'mine/registries.json',
    '{"registries": {"docker.io": {}, "index.docker.io": {}}}',
    /docker\.io stands there twice/,
  ],
  [
    'mine/registries.json',
    '{"registries": {"ghcr.io": {"insecure": "yes"}}}',
    /"insecure" of ghcr\.io must be true or false/,
  ],
  ['etc/registries.json', '{"registries": {"10.0.0.0/8": {"mirrors": []}}}', /unknown setting "mirrors"/],
  ['etc/registries.json', '{"registries": ["ghcr.io"]}', /"registries" must be an object/],
];

for (const [file, content, expected] of broken) {
  test(`a broken file is one clear error: ${file} with ${content.replaceAll('\n', '')}`, async (t) => {
    const { urls, write, folder } = lab(t);
    write(file, content);
    await assert.rejects(urls('ghcr.io'), (error: Error) => {
      assert.match(error.message, expected);
      assert.ok(error.message.startsWith(folder), error.message);
      return true;
    });
  });
}

test('an empty daemon.json says nothing, as with Docker', async (t) => {
  const { urls, write } = lab(t);
  write('docker/daemon.json', '\n');
  assert.deepEqual(await urls('docker.io'), ['https://registry-1.docker.io']);
});

test('setMirrors() changes one thing in the file of whoever asks, and keeps the rest and its order', async (t) => {
  const { open, write, urls, paths } = lab(t);
  const path = write(
    'mine/registries.json',
    '{\n\t"registries": {\n\t\t"z.example": { "insecure": true },\n\t\t"index.docker.io": { "mirrors": ["https://old.example"], "insecure": false },\n\t\t"a.example": {}\n\t}\n}\n',
  );
  assert.deepEqual(await open().setMirrors('docker.io', ['https://new.example/', 'http://n2.example']), {
    registry: 'docker.io',
    mirrors: ['https://new.example', 'http://n2.example'],
    source: paths.own[0],
    paused: [],
  });
  assert.equal(
    readFileSync(path, 'utf8'),
    `${JSON.stringify(
      {
        registries: {
          'z.example': { insecure: true },
          'index.docker.io': { mirrors: ['https://new.example', 'http://n2.example'], insecure: false },
          'a.example': {},
        },
      },
      undefined,
      '\t',
    )}\n`,
  );
  assert.equal((await urls('docker.io'))[0], 'https://new.example');
});

test('setMirrors() makes the file, readable by all whatever the umask', async (t) => {
  const { open, paths, urls } = lab(t);
  const before = process.umask(0o077);
  try {
    await open().setMirrors('ghcr.io', ['https://m.example/ghcr']);
  } finally {
    process.umask(before);
  }
  assert.equal(statSync(paths.own[0]).mode & 0o777, 0o644);
  assert.equal(statSync(dirname(paths.own[0])).mode & 0o777, 0o755);
  assert.deepEqual(await urls('ghcr.io'), ['https://m.example/ghcr', 'https://ghcr.io']);
});

test('no mirrors take the setting away, and those of other files with it', async (t) => {
  const { open, write, urls, paths } = lab(t);
  const registries = open();
  await registries.setMirrors('docker.io', ['https://m.example']);
  await registries.setMirrors('docker.io', []);
  assert.deepEqual(JSON.parse(readFileSync(paths.own[0], 'utf8')), { registries: {} });
  write('docker/daemon.json', { 'registry-mirrors': ['https://docker.example'] });
  assert.equal((await urls('docker.io'))[0], 'https://docker.example');
  await open().setMirrors('docker.io', []);
  assert.deepEqual(await urls('docker.io'), ['https://registry-1.docker.io']);
  assert.deepEqual(await open().mirrors(), []);
});

test('setMirrors() refuses what is no mirror and touches nothing', async (t) => {
  const { open, folder } = lab(t);
  await assert.rejects(open().setMirrors('docker.io', ['https://ok.example', 'ftp://x.example']), {
    code: 'mirror-invalid',
  });
  await assert.rejects(open().setMirrors('ubuntu', ['https://ok.example']), {
    code: 'registry-name-invalid',
  });
  assert.throws(() => statSync(join(folder, 'mine')), { code: 'ENOENT' });
});

test('setMirrors() does not write over a file that it cannot read', async (t) => {
  const { open, write } = lab(t);
  const path = write('mine/registries.json', '{ "registries": { ');
  await assert.rejects(open().setMirrors('docker.io', ['https://m.example']), { code: 'config-invalid' });
  assert.equal(readFileSync(path, 'utf8'), '{ "registries": { ');
});

test('endpoints() puts a mirror that failed last, and says so to other processes, but never leaves one out', async (t) => {
  const { open, write, urls } = lab(t);
  write('docker/daemon.json', { 'registry-mirrors': ['https://a.example', 'https://b.example'] });
  const registries = open();
  const [a] = await registries.endpoints('docker.io', 'pull');
  assert.ok(a);
  const listeners = process.listeners('exit');
  registries.report(a, { kind: 'failed', reason: 'connect ECONNREFUSED' });
  const after = ['https://b.example', 'https://registry-1.docker.io', 'https://a.example'];
  assert.deepEqual(
    (await registries.endpoints('docker.io', 'pull')).map(({ url }) => url),
    after,
  );
  const [atExit] = process.listeners('exit').filter((listener) => !listeners.includes(listener));
  atExit?.call(process, 0);
  assert.deepEqual(await urls('docker.io'), after);
});

test('mirrors() tells which are asked last and why; setting them again forgets it', async (t) => {
  const { open, paths } = lab(t);
  const registries = open();
  await registries.setMirrors('docker.io', ['https://a.example', 'https://b.example']);
  const [a] = await registries.endpoints('docker.io', 'pull');
  assert.ok(a);
  const before = Date.now();
  registries.report(a, { kind: 'wrong', reason: 'a page' });
  const [setting] = await registries.mirrors();
  const [pause] = setting?.paused ?? [];
  assert.deepEqual([pause?.url, pause?.reason], ['https://a.example', 'a page']);
  assert.ok(pause !== undefined && pause.until >= before + 600_000);
  await open().setMirrors('docker.io', ['https://a.example', 'https://b.example']);
  assert.deepEqual(await open().mirrors(), [
    {
      registry: 'docker.io',
      mirrors: ['https://a.example', 'https://b.example'],
      source: paths.own[0],
      paused: [],
    },
  ]);
});
