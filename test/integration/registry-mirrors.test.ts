import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { type TestContext } from 'node:test';
import { collectBytes } from '../../src/base/streams.ts';
import { digestOf } from '../../src/oci/digest.ts';
import type { Descriptor } from '../../src/oci/descriptor.ts';
import { checkStore } from '../../src/engine/check-store.ts';
import { pullInto } from '../../src/engine/registry/pull.ts';
import { openStore } from '../../src/engine/store.ts';
import { probeMirror } from '../../src/engine/registry/probe-mirror.ts';
import { openRemote } from '../../src/engine/registry/remote.ts';
import { readSettings } from '../../src/engine/settings.ts';
import type { RegistryClient, RepositoryClient } from '../../src/remote/client/repository.ts';
import { createRegistryClient } from '../../src/remote/client/registry-client.ts';
import type { Credential } from '../../src/remote/credentials/credential.ts';
import { resolveImage } from '../../src/remote/manifest/resolve-image.ts';
import { createRegistries, type RegistryFiles } from '../../src/remote/registries/registries.ts';
import type { Registries } from '../../src/remote/registries/endpoint.ts';
import { type FakeRegistry, type FakeRegistryOptions, startFakeRegistry } from '../support/fake-registry.ts';
import { RegistryContent } from '../support/fake-registry/content.ts';
import { makeCertificates } from '../support/fake-registry/certificates.ts';
import { temporaryFolder } from '../support/tiny-image.ts';

/** What attack 49 and slow lines look like: a registry, servers that say they are mirrors of it, and a client. */
interface Lab extends AsyncDisposable {
  readonly folder: string;
  readonly env: Record<string, string>;
  /** The registry itself. */
  readonly own: FakeRegistry;
  readonly mirrors: readonly FakeRegistry[];
  /** A client as a new process has it. */
  readonly open: (credentials?: Readonly<Record<string, Credential>>) => Opened;
}

interface Opened {
  readonly registries: Registries & RegistryFiles;
  readonly client: RegistryClient;
  readonly repository: RepositoryClient;
  /** URLs of the servers in the order in which they would be asked, without https to servers that have none. */
  readonly order: () => Promise<string[]>;
}

const app = { path: 'team/app', tag: '1' };
const newest = { layers: [{ 'a.txt': 'the newest' }, { 'b.txt': 'b' }] };
const amd64 = { os: 'linux', architecture: 'amd64' };
const page = {
  status: 200,
  headers: { 'content-type': 'text/html; charset=utf-8' },
  body: '<html><title>Welcome to our hotel</title>Please log in</html>',
};

/** @param mirrors what each mirror is like; by default it has what the registry has */
async function lab(
  t: TestContext,
  mirrors: readonly FakeRegistryOptions[],
  options: FakeRegistryOptions = {},
): Promise<Lab> {
  const folder = temporaryFolder(t);
  const env = { LAMELLA_CONFIG: join(folder, 'config'), LAMELLA_DOCKER_ETC: join(folder, 'docker') };
  const own = await startFakeRegistry(options);
  own.image(app.path, app.tag, newest);
  const servers = await Promise.all(
    mirrors.map((mirror) => startFakeRegistry({ content: own.content, ...mirror })),
  );
  const clients: RegistryClient[] = [];
  const open: Lab['open'] = (credentials = {}) => {
    const registries = createRegistries({ env, state: join(folder, 'state.json') });
    const client = createRegistryClient({
      registries,
      credentials: { find: async (registry) => credentials[registry] },
      env: {},
      userAgent: 'test',
    });
    clients.push(client);
    return {
      registries,
      client,
      repository: client.repository({ domain: own.domain, path: app.path }),
      order: async () =>
        (await registries.endpoints(own.domain, 'pull'))
          .map(({ url }) => url)
          .filter((url) => url.startsWith('http:')),
    };
  };
  if (servers.length > 0) {
    await open().registries.setMirrors(
      own.domain,
      servers.map(({ url }) => url),
    );
  }
  return {
    folder,
    env,
    own,
    mirrors: servers,
    open,
    async [Symbol.asyncDispose]() {
      for (const server of [...clients, ...servers, own]) await server[Symbol.asyncDispose]();
    },
  };
}

/** Everything of the image, as a pull gets it: whatever does not hash to its name is rejected and asked for again. */
async function pull(repository: RepositoryClient, reference: string = app.tag): Promise<string[]> {
  const { root, image } = await resolveImage(repository, reference, amd64);
  await repository.document(image.config);
  for (const layer of image.layers) await pullLayer(repository, layer);
  return [root.digest, ...image.layers.map(({ digest }) => digest)];
}

async function pullLayer(repository: RepositoryClient, layer: Descriptor): Promise<void> {
  for (let tries = 0; tries < 5; tries++) {
    const blob = await repository.blob(layer);
    const bytes = await collectBytes(blob.bytes, layer.size).catch(() => Buffer.alloc(0));
    if (digestOf(bytes) === layer.digest) return;
    blob.reject('its bytes do not hash to their name');
  }
  assert.fail(`nobody has given ${layer.digest}`);
}

function expected({ content }: FakeRegistry): string {
  return content.manifest(app.path, app.tag)?.digest ?? '';
}

test('a pull asks the mirror, and the registry itself only what the tag names now', async (t) => {
  await using at = await lab(t, [{}]);
  const [digest] = await pull(at.open().repository);
  assert.equal(digest, expected(at.own));
  assert.deepEqual(
    at.own.requests.map(({ method, path }) => `${method} ${path}`),
    [`HEAD /v2/${app.path}/manifests/${app.tag}`],
  );
  assert.ok((at.mirrors[0]?.requests.length ?? 0) >= 4);
});

test('a mirror that is down is passed over, and other processes ask it last', async (t) => {
  await using at = await lab(t, [{}, {}]);
  const [down, up] = at.mirrors as [FakeRegistry, FakeRegistry];
  await down[Symbol.asyncDispose]();
  const first = at.open();
  assert.equal((await pull(first.repository))[0], expected(at.own));
  assert.deepEqual((await first.order()).at(-1), down.url);
  await first.client[Symbol.asyncDispose]();
  await waitForState(at.folder, down.url);
  const second = at.open();
  assert.equal((await second.order())[0], up.url);
  assert.match((await second.registries.mirrors())[0]?.paused[0]?.reason ?? '', /ECONNREFUSED|refused/);
});

test("a captive portal's page is not taken for a registry: the next server is asked", async (t) => {
  await using at = await lab(t, [{}, {}]);
  const [portal, good] = at.mirrors as [FakeRegistry, FakeRegistry];
  portal.fault({}, page);
  const { repository, order } = at.open();
  assert.equal((await pull(repository))[0], expected(at.own));
  assert.ok(good.count('GET', /blobs/) > 0);
  assert.equal((await order()).at(-1), portal.url);
});

test('where only a page answers, the error says so', async (t) => {
  await using at = await lab(t, [{}]);
  at.mirrors[0]?.fault({}, page);
  at.own.fault({}, page);
  await assert.rejects(pull(at.open().repository), { kind: 'invalid', code: 'registry-answer-invalid' });
});

test('a page in place of a blob is found out by its digest', async (t) => {
  await using at = await lab(t, [{}]);
  const [portal] = at.mirrors as [FakeRegistry];
  portal.fault({ method: 'GET', path: /blobs/ }, page);
  const { repository, order } = at.open();
  assert.equal((await pull(repository))[0], expected(at.own));
  assert.equal((await order()).at(-1), portal.url);
});

test('a mirror that gives an older manifest for a digest is passed over; the digest decides', async (t) => {
  await using at = await lab(t, [{ content: new RegistryContent() }]);
  const [stale] = at.mirrors as [FakeRegistry];
  const older = stale.image(app.path, app.tag, { layers: [{ 'a.txt': 'an older one' }] });
  stale.fault(
    { path: /manifests/ },
    { body: older.manifest, status: 200, headers: { 'content-type': older.descriptor.mediaType } },
  );
  const wanted = expected(at.own);
  const { repository, order } = at.open();
  assert.equal((await pull(repository, wanted))[0], wanted);
  assert.equal((await order()).at(-1), stale.url);
});

test('a mirror that is behind does not decide what a tag names, and still serves the rest', async (t) => {
  await using at = await lab(t, [{ content: new RegistryContent() }]);
  const [stale] = at.mirrors as [FakeRegistry];
  stale.image(app.path, app.tag, { layers: [{ 'a.txt': 'an older one' }] });
  for (const bytes of at.own.content.repositories.get(app.path)?.blobs.values() ?? []) {
    stale.content.putBlob(app.path, bytes);
  }
  const { repository, order } = at.open();
  assert.equal((await pull(repository))[0], expected(at.own));
  assert.equal((await repository.resolve(app.tag))?.digest, expected(at.own));
  assert.equal(at.own.count('GET', /blobs/), 0);
  assert.equal((await order())[0], stale.url);
});

test('a registry that does not answer is not waited for long, and for a while not at all', async (t) => {
  await using at = await lab(t, [{}]);
  at.own.fault({ path: /manifests/ }, { delay: 3000 });
  const first = at.open();
  const start = performance.now();
  assert.equal((await first.repository.resolve(app.tag))?.digest, expected(at.own));
  const waited = performance.now() - start;
  assert.ok(waited > 1000 && waited < 4000, `${waited} ms`);
  const again = performance.now();
  assert.equal((await first.repository.resolve(app.tag))?.digest, expected(at.own));
  assert.ok(performance.now() - again < 500);
});

test('a mirror that has not got the image is no worse for that', async (t) => {
  await using at = await lab(t, [{ content: new RegistryContent() }]);
  const { repository, order } = at.open();
  assert.equal((await pull(repository))[0], expected(at.own));
  assert.equal((await order())[0], at.mirrors[0]?.url);
});

test('wrong bytes of a blob come from the next server instead', async (t) => {
  await using at = await lab(t, [{}]);
  const [liar] = at.mirrors as [FakeRegistry];
  liar.fault(
    { method: 'GET', path: /blobs/ },
    { body: (right) => Buffer.from(right.map((byte) => byte ^ 1)) },
  );
  const { repository, order } = at.open();
  const digests = await pull(repository);
  assert.equal(digests[0], expected(at.own));
  assert.ok(at.own.count('GET', /blobs/) > 0);
  assert.equal((await order()).at(-1), liar.url);
});

test("the registry's credentials are not shown to a mirror, nor a mirror's to the registry", async (t) => {
  await using at = await lab(t, [{}]);
  const [mirror] = at.mirrors as [FakeRegistry];
  mirror.fault({ path: /blobs/, times: 1 }, { status: 500 });
  const password = (username: string): Credential => ({ kind: 'password', username, password: 'secret' });
  const { repository } = at.open({
    [at.own.domain]: password('own'),
    [mirror.domain]: password('mirror'),
  });
  await pull(repository);
  const shown = (server: FakeRegistry): string[] =>
    server.requests.flatMap(({ headers: { authorization = '' } }) =>
      authorization.startsWith('Basic ') ? Buffer.from(authorization.slice(6), 'base64').toString() : [],
    );
  assert.ok(shown(mirror).every((text) => text === 'mirror:secret'));
  assert.ok(shown(at.own).every((text) => text === 'own:secret'));
});

test('a push goes to the registry itself', async (t) => {
  await using at = await lab(t, [{}]);
  const { client } = at.open();
  const repository = client.repository({ domain: at.own.domain, path: app.path }, { access: 'push' });
  const { manifest, descriptor } = at.own.image('other', undefined, {});
  for (const bytes of at.own.content.repositories.get('other')?.blobs.values() ?? []) {
    at.own.content.putBlob(app.path, bytes);
  }
  await repository.putManifest('2', manifest, descriptor.mediaType);
  assert.equal(at.mirrors[0]?.requests.length, 0);
  assert.equal(at.own.count('PUT', /manifests\/2/), 1);
});

test("mirrors of Docker's daemon.json serve docker.io, where the registry itself cannot be reached", async (t) => {
  await using at = await lab(t, []);
  const mirror = await startFakeRegistry();
  t.after(() => mirror[Symbol.asyncDispose]());
  const { descriptor } = mirror.image('library/busybox', 'latest');
  mkdirSync(at.env['LAMELLA_DOCKER_ETC'] ?? '', { recursive: true });
  writeFileSync(
    join(at.folder, 'docker/daemon.json'),
    JSON.stringify({ 'registry-mirrors': [`${mirror.url}/`] }),
  );
  const repository = at.open().client.repository({ domain: 'docker.io', path: 'library/busybox' });
  assert.equal((await resolveImage(repository, 'latest', amd64)).root.digest, descriptor.digest);
});

test('a project of a Harbor that proxies is a mirror: its name stands before the path, in tokens too', async (t) => {
  await using at = await lab(t, []);
  const harbor = await startFakeRegistry({ auth: { kind: 'token', users: { jane: 'secret' } } });
  t.after(() => harbor[Symbol.asyncDispose]());
  const { descriptor } = harbor.image(`hub/${app.path}`, app.tag, newest);
  await at.open().registries.setMirrors(at.own.domain, [`${harbor.url}/v2/hub`]);
  const credential: Credential = { kind: 'password', username: 'jane', password: 'secret' };
  const { repository } = at.open({ [harbor.domain]: credential });
  assert.equal((await pull(repository))[0], descriptor.digest);
  assert.ok(harbor.requests.every(({ path }) => path === '/token' || path.startsWith('/v2/hub/team/app/')));
  assert.equal(at.own.count('GET'), 0);
});

test('a slow mirror is asked behind a fast one from then on', async (t) => {
  await using at = await lab(t, [{}, {}]);
  const [slow, fast] = at.mirrors as [FakeRegistry, FakeRegistry];
  const noise = Buffer.alloc(3 << 20, 'abcdefghijk');
  at.own.image(app.path, 'big', { layers: [{ noise }], compression: 'none' });
  slow.faults.add({ method: 'GET', path: /blobs/ }, { bytesPerSecond: 6 << 20 });
  const { repository, order, registries } = at.open();
  await pull(repository, 'big');
  const endpoints = await registries.endpoints(at.own.domain, 'pull');
  const quick = endpoints.find(({ url }) => url === fast.url);
  assert.ok(quick);
  registries.report(quick, { kind: 'answered', speed: 200 << 20 });
  assert.deepEqual(await order(), [fast.url, at.own.url, slow.url]);
});

test('an authority of certs.d is trusted, for that server alone, and a client certificate is shown', async (t) => {
  const { ca, server, client } = makeCertificates();
  await using at = await lab(t, [], { tls: { ...server, clientCa: ca } });
  const domain = at.own.domain.replace('127.0.0.1', 'localhost');
  const certs = join(at.folder, 'config/certs.d', domain);
  mkdirSync(certs, { recursive: true });
  mkdirSync(at.env['LAMELLA_CONFIG'] ?? '', { recursive: true });
  // The loopback's certificates are not looked at unless a file says otherwise.
  writeFileSync(
    join(at.folder, 'config/registries.json'),
    JSON.stringify({ registries: { [domain]: { insecure: false } } }),
  );
  const get = async (): Promise<string> =>
    (await resolveImage(at.open().client.repository({ domain, path: app.path }), app.tag, amd64)).root.digest;
  await assert.rejects(get(), { kind: 'unavailable', code: 'registry-unavailable' });
  writeFileSync(join(certs, 'ca.crt'), ca);
  await assert.rejects(get(), { kind: 'unavailable' });
  writeFileSync(join(certs, 'client.cert'), client.cert);
  await assert.rejects(get(), { code: 'certificates-invalid' });
  writeFileSync(join(certs, 'client.key'), client.key);
  assert.equal(await get(), expected(at.own));
});

test('an insecure registry is asked over TLS whatever its certificate, and over HTTP where it has none', async (t) => {
  const { server } = makeCertificates();
  await using encrypted = await lab(t, [], { tls: server });
  assert.equal((await pull(encrypted.open().repository))[0], expected(encrypted.own));
  await using plain = await lab(t, []);
  assert.equal((await pull(plain.open().repository))[0], expected(plain.own));
});

test('a whole pull of docker.io with a hotel in between, a liar and an honest mirror brings the image, and damages none', async (t) => {
  await using at = await lab(t, [{}, {}, {}]);
  const [portal, liar, honest] = at.mirrors as [FakeRegistry, FakeRegistry, FakeRegistry];
  const image = at.own.image('library/app', '1', { layers: [{ a: 'a' }, { b: 'b'.repeat(1 << 20) }] });
  portal.fault({}, page);
  liar.fault(
    { method: 'GET', path: /blobs/ },
    { body: (right) => Buffer.from(right.map((byte) => byte ^ 1)) },
  );
  mkdirSync(join(at.folder, 'docker'), { recursive: true });
  writeFileSync(
    join(at.folder, 'docker/daemon.json'),
    JSON.stringify({ 'registry-mirrors': [portal.url, liar.url, honest.url] }),
  );
  const settings = readSettings({ root: join(at.folder, 'root') });
  const remote = openRemote(settings, at.env);
  using store = openStore(settings);
  const pulled = await Array.fromAsync(pullInto(store, remote, 'app:1', { platform: 'linux/amd64' }));
  assert.deepEqual(pulled, [{ name: 'app:1', id: image.id, digest: image.descriptor.digest, isNewer: true }]);
  const checked = await checkStore(store, { repair: false });
  assert.deepEqual(checked.damage, []);
  assert.equal(checked.layers, 2);
  const [first, , third] = (await remote.registries.endpoints('docker.io', 'pull')).map(({ url }) => url);
  assert.equal(first, honest.url);
  assert.ok(third !== honest.url);
  await remote.client[Symbol.asyncDispose]();
});

test('mirror test: what it finds of servers that are good, behind, closed, a page, or not there', async (t) => {
  await using at = await lab(t, [{}, {}, {}, { auth: { kind: 'basic', users: { jane: 'secret' } } }, {}]);
  const [good, stale, portal, closed, gone] = at.mirrors as FakeRegistry[] as [
    FakeRegistry,
    FakeRegistry,
    FakeRegistry,
    FakeRegistry,
    FakeRegistry,
  ];
  portal.fault({}, page);
  const older = stale.image('older', app.tag, { layers: [{ 'a.txt': 'an older one' }] });
  for (const bytes of older.blobs.values()) at.own.content.putBlob(app.path, bytes);
  stale.fault(
    { path: /manifests/ },
    {
      status: 200,
      body: older.manifest,
      headers: {
        'content-type': older.descriptor.mediaType,
        'docker-content-digest': older.descriptor.digest,
      },
    },
  );
  await gone[Symbol.asyncDispose]();
  const remote = openRemote(readSettings({ root: join(at.folder, 'root') }), at.env);
  t.after(() => remote.client[Symbol.asyncDispose]());
  const image = `${at.own.domain}/${app.path}:${app.tag}`;
  const found = async ({ url }: FakeRegistry): Promise<unknown[]> => {
    const { works, problem, isCurrent } = await probeMirror(remote, url, { image });
    return [works, problem, isCurrent];
  };
  assert.deepEqual(await found(good), [true, undefined, true]);
  assert.deepEqual(await found(stale), [true, undefined, false]);
  assert.deepEqual(await found(portal), [false, 'not-a-registry', undefined]);
  assert.deepEqual(await found(closed), [false, 'refused', undefined]);
  assert.deepEqual(await found(gone), [false, 'unreachable', undefined]);
});

/** The memory of servers is written a moment later. */
async function waitForState(folder: string, url: string): Promise<void> {
  for (let tries = 0; tries < 100; tries++) {
    try {
      if (readFileSync(join(folder, 'state.json'), 'utf8').includes(url)) return;
    } catch {
      // Not there yet.
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  assert.fail('nothing was remembered');
}
