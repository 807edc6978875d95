import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import test from 'node:test';
import { collectBytes, streamOf } from '../../src/base/streams.ts';
import { digestOf } from '../../src/oci/digest.ts';
import { mediaTypes } from '../../src/oci/media-types.ts';
import type { RepositoryClient } from '../../src/remote/client/repository.ts';
import { startDockerRegistry } from '../support/docker-registry.ts';
import { makeCertificates } from '../support/fake-registry/certificates.ts';
import { startFakeRegistry } from '../support/fake-registry.ts';
import { openClient } from '../support/registry-client.ts';

const users = { ann: 'secret' };
const ann = { kind: 'password', username: 'ann', password: 'secret' } as const;
const blob = Buffer.alloc(300_000, 'layer ');
const blobDescriptor = { digest: digestOf(blob), size: blob.byteLength };

async function send(repository: RepositoryClient, bytes: Buffer = blob): Promise<void> {
  await repository.uploadBlob({ digest: digestOf(bytes), size: bytes.byteLength }, (start) =>
    streamOf(bytes.subarray(start)),
  );
}

/** Reads, writes, lists: what every registry does. */
async function goThroughAll(repository: RepositoryClient): Promise<void> {
  const config = Buffer.from('{}');
  assert.equal(await repository.hasBlob(blobDescriptor.digest), false);
  await send(repository);
  await send(repository, config);
  assert.equal(await repository.hasBlob(blobDescriptor.digest), true);
  const manifest = Buffer.from(
    JSON.stringify({
      schemaVersion: 2,
      mediaType: mediaTypes.ociManifest,
      config: { mediaType: mediaTypes.ociConfig, digest: digestOf(config), size: config.byteLength },
      layers: [{ mediaType: mediaTypes.ociLayer, ...blobDescriptor }],
    }),
  );
  const digest = await repository.putManifest('1.0', manifest, mediaTypes.ociManifest);
  assert.equal(digest, digestOf(manifest));
  assert.deepEqual(await repository.resolve('1.0'), {
    mediaType: mediaTypes.ociManifest,
    digest,
    size: manifest.byteLength,
  });
  assert.equal(await repository.resolve('2.0'), undefined);
  assert.deepEqual((await repository.manifest(digest)).bytes, manifest);
  await assert.rejects(repository.manifest('2.0'), {
    code: 'manifest-unknown',
    message: /^manifest for .*team\/app:2\.0 not found: manifest unknown: manifest unknown$/,
  });
  assert.deepEqual(await Array.fromAsync(repository.tags()), ['1.0']);
  const part = await repository.blob(blobDescriptor, { start: 100, end: 200_000 });
  assert.equal(part.start, 100);
  assert.deepEqual(await collectBytes(part.bytes, blob.byteLength), blob.subarray(100, 200_000));
  assert.deepEqual(await repository.document(blobDescriptor), blob);
}

test('the client reads, writes and lists at a real docker-registry, plain', async (t) => {
  const registry = await startDockerRegistry();
  if (typeof registry === 'string') return t.skip(registry);
  await using _ = registry;
  const { client, pushing } = openClient(t, {
    urls: [registry.url.replace('http:', 'https:'), registry.url],
  });
  await goThroughAll(pushing);
  const name = { domain: registry.domain, path: 'team/other' };
  const other = client.repository(name, { access: 'push', mountFrom: ['team/app'] });
  assert.equal(await other.mountBlob(blobDescriptor.digest, 'team/app'), true);
  assert.equal(await other.mountBlob(digestOf('nowhere'), 'team/app'), false);
  await send(other, Buffer.from('nowhere'));
  assert.equal(await other.hasBlob(digestOf('nowhere')), true);
});

test('the client reads, writes and lists at a real docker-registry with a password and TLS', async (t) => {
  const { ca, server } = makeCertificates();
  const registry = await startDockerRegistry({ user: { name: 'ann', password: 'secret' }, tls: server });
  if (typeof registry === 'string') return t.skip(registry);
  await using _ = registry;
  const tls = { verify: true, ca: [ca] };
  const { client, pushing } = openClient(t, {
    urls: [registry.url],
    tls,
    credentials: { [registry.domain]: ann },
  });
  await goThroughAll(pushing);
  assert.deepEqual(await client.login(registry.domain, ann), {});
  await assert.rejects(client.login(registry.domain, { ...ann, password: 'wrong' }), {
    kind: 'unauthorized',
    message: `login attempt to ${registry.url}/v2/ failed with status: 401 Unauthorized`,
  });
  const nobody = openClient(t, { urls: [registry.url], tls });
  await assert.rejects(nobody.repository.manifest('1.0'), {
    code: 'registry-unauthorized',
    message: `Get "${registry.url}/v2/": no basic auth credentials`,
    hint: `Log in: lamella login ${registry.domain}`,
  });
  const untrusting = openClient(t, { urls: [registry.url] });
  await assert.rejects(untrusting.repository.manifest('1.0'), {
    code: 'registry-unavailable',
    message: `Get "${registry.url}/v2/": tls: failed to verify certificate: x509: certificate signed by unknown authority`,
  });
});

test('a server that wants a certificate of its clients gets it', async (t) => {
  const { ca, server, client: own } = makeCertificates();
  await using registry = await startFakeRegistry({ tls: { ...server, clientCa: ca } });
  registry.image('team/app', '1');
  const { repository } = openClient(t, { urls: [registry.url], tls: { verify: true, ca: [ca], ...own } });
  assert.ok(await repository.resolve('1'));
  const without = openClient(t, {
    urls: [registry.url],
    tls: { verify: true, ca: [ca] },
    patience: { retries: 0 },
  });
  await assert.rejects(without.repository.resolve('1'), { code: 'registry-unavailable' });
});

test('HTTPS_PROXY is a tunnel to the registry', async (t) => {
  const { ca, server } = makeCertificates();
  await using registry = await startFakeRegistry({ tls: server });
  registry.content.repository('team/app').blobs.set(blobDescriptor.digest, blob);
  const tunnels: (string | undefined)[] = [];
  const proxy = createServer();
  proxy.on('connect', (request, socket: Socket) => {
    tunnels.push(request.url);
    const [host, port] = registry.domain.split(':');
    const onwards = connect(Number(port), host, () => {
      socket.write('HTTP/1.1 200 Connection established\r\n\r\n');
      socket.pipe(onwards).pipe(socket);
    });
    onwards.on('error', () => socket.destroy());
    socket.on('error', () => onwards.destroy());
  });
  await new Promise<void>((resolve) => {
    proxy.listen(0, '127.0.0.1', resolve);
  });
  t.after(() => proxy.close());
  const { port } = proxy.address() as AddressInfo;
  const { repository } = openClient(t, {
    urls: [registry.url],
    tls: { verify: true, ca: [ca] },
    env: { HTTPS_PROXY: `http://127.0.0.1:${port}` },
  });
  assert.deepEqual(await repository.document(blobDescriptor), blob);
  assert.deepEqual(tunnels, [registry.domain]);
});

test('many requests at once ask for one token, and later ones use it', async (t) => {
  await using registry = await startFakeRegistry({ auth: { kind: 'token', users } });
  registry.image('team/app', '1');
  const { repository, pushing } = openClient(t, {
    urls: [registry.url],
    credentials: { [registry.domain]: ann },
  });
  await Promise.all(Array.from({ length: 8 }, () => repository.manifest('1')));
  await repository.manifest('1');
  assert.equal(registry.count('GET', /^\/token$/), 1);
  const { query, headers } = registry.asked('GET', /^\/token$/)[0] ?? assert.fail();
  assert.deepEqual(query.getAll('scope'), ['repository:team/app:pull']);
  assert.equal(query.get('account'), 'ann');
  assert.match(headers.authorization ?? '', /^Basic /);
  await goThroughAllButTags(pushing);
  assert.deepEqual(registry.asked('GET', /^\/token$/)[1]?.query.getAll('scope'), [
    'repository:team/app:pull,push',
    'repository:team/base:pull',
  ]);
});

async function goThroughAllButTags(repository: RepositoryClient): Promise<void> {
  await send(repository);
  assert.equal(await repository.hasBlob(blobDescriptor.digest), true);
}

test('each repository is asked for with the credential that is kept for it', async (t) => {
  for (const kind of ['basic', 'token'] as const) {
    await using registry = await startFakeRegistry({ auth: { kind, users } });
    for (const path of ['team/app', 'team/base']) registry.image(path, '1');
    const { domain } = registry;
    const nobody = { kind: 'password', username: 'nobody', password: 'wrong' } as const;
    const { client } = openClient(t, {
      urls: [registry.url],
      credentials: { [`${domain}/team/app`]: ann, [domain]: nobody },
    });
    assert.ok(await client.repository({ domain, path: 'team/app' }).resolve('1'));
    await assert.rejects(client.repository({ domain, path: 'team/base' }).manifest('1'), {
      kind: 'unauthorized',
    });
    assert.ok(await client.repository({ domain, path: 'team/app' }).resolve('1'), kind);
  }
});

test('a token that has ended early is replaced', async (t) => {
  await using registry = await startFakeRegistry({
    auth: { kind: 'token', users, expiresIn: 0, anonymousPull: true },
  });
  registry.image('team/app', '1');
  const { repository } = openClient(t, { urls: [registry.url] });
  for (let count = 0; count < 3; count += 1) assert.ok(await repository.resolve('1'));
  assert.equal(registry.count('GET', /^\/token$/), 3);
});

test('an identity token is sent by POST, and by GET where the server knows no POST', async (t) => {
  for (const post of [true, false]) {
    await using registry = await startFakeRegistry({
      auth: { kind: 'token', users, refreshTokens: true, post },
    });
    registry.image('team/app', '1');
    const { client } = openClient(t, { urls: [registry.url] });
    const { identityToken = '' } = await client.login(registry.domain, ann);
    assert.notEqual(identityToken, '');
    const credential = { kind: 'identity-token', username: 'ann', token: identityToken } as const;
    const { repository } = openClient(t, {
      urls: [registry.url],
      credentials: { [registry.domain]: credential },
    });
    if (post) assert.ok(await repository.resolve('1'));
    else await assert.rejects(repository.resolve('1'), { kind: 'unauthorized' });
    assert.equal(registry.count('POST', /^\/token$/), 1);
    assert.equal(registry.count('GET', /^\/token$/), post ? 1 : 2);
  }
});

test('wrong passwords and refused repositories are told in Docker’s words', async (t) => {
  await using registry = await startFakeRegistry({
    auth: { kind: 'token', users, anonymousPull: true, allows: (user) => user === undefined },
  });
  const wrong = { ...ann, password: 'wrong' };
  const { client, repository } = openClient(t, {
    urls: [registry.url],
    credentials: { [registry.domain]: wrong },
  });
  const message = `Get "${registry.url}/v2/": unauthorized: incorrect username or password`;
  await assert.rejects(repository.manifest('1'), { code: 'registry-unauthorized', message });
  await assert.rejects(client.login(registry.domain, wrong), { kind: 'unauthorized', message });
  const known = openClient(t, { urls: [registry.url], credentials: { [registry.domain]: ann } });
  const denied = 'denied: requested access to the resource is denied';
  await assert.rejects(known.repository.manifest('1'), {
    code: 'registry-denied',
    message: `pull access denied for ${registry.domain}/team/app, repository does not exist or may require 'docker login': ${denied}`,
  });
  await assert.rejects(send(known.pushing), { code: 'registry-denied', message: denied });
});

test('429, 503 and cut connections are asked again, and Retry-After is kept', async (t) => {
  await using registry = await startFakeRegistry();
  registry.image('team/app', '1');
  registry.fault(
    { method: 'GET', path: /manifests/, times: 1 },
    { status: 503, headers: { 'retry-after': '1' } },
  );
  registry.fault({ method: 'GET', path: /manifests/, times: 1, after: 1 }, { cutAfter: 0 });
  registry.fault({ method: 'GET', path: /manifests/, times: 1, after: 2 }, { status: 429 });
  registry.fault({ method: 'GET', path: /manifests/, times: 1, after: 3 }, { cutAfter: 20 });
  const { repository } = openClient(t, { urls: [registry.url] });
  const began = Date.now();
  assert.ok(await repository.manifest('1'));
  assert.ok(Date.now() - began >= 1000);
  assert.equal(registry.count('GET', /manifests/), 5);
});

test('a rate limit that lasts is told with its words, its limit and what to do', async (t) => {
  await using registry = await startFakeRegistry();
  registry.fault(
    {},
    {
      status: 429,
      headers: {
        'retry-after': '7200',
        'ratelimit-limit': '100;w=21600',
        'content-type': 'application/json',
      },
      body: '{"errors":[{"code":"TOOMANYREQUESTS","message":"You have reached your pull rate limit."}]}',
    },
  );
  const { repository } = openClient(t, { urls: [registry.url] });
  await assert.rejects(repository.manifest('1'), {
    kind: 'unavailable',
    code: 'registry-rate-limited',
    message: 'toomanyrequests: You have reached your pull rate limit.',
    hint: /100 requests in 6 hours.*again in 2 hours.*lamella login.*mirror/,
  });
  assert.equal(registry.count('GET', /manifests/), 1);
});

test('mirrors are asked in their order, and what they do is reported', async (t) => {
  await using registry = await startFakeRegistry();
  await using empty = await startFakeRegistry();
  await using broken = await startFakeRegistry({ content: registry.content });
  await using good = await startFakeRegistry({ content: registry.content });
  const image = registry.image('team/app', '1', { layers: [{ 'a.txt': 'a' }] });
  broken.fault({}, { status: 500 });
  const { repository, reports } = openClient(t, { urls: [empty.url, broken.url, good.url, registry.url] });
  assert.equal((await repository.manifest('1')).digest, image.descriptor.digest);
  // It is only asked what the tag names, in case a mirror is behind.
  assert.deepEqual(
    registry.requests.map(({ method }) => method),
    ['HEAD'],
  );
  assert.deepEqual(
    reports.map(({ outcome }) => outcome.kind),
    ['answered', 'failed', 'answered'],
  );
  const { digest, size } = image.config;
  const first = await repository.blob({ digest, size });
  first.reject('wrong bytes');
  assert.equal(good.count('GET', /blobs/), 1);
  await (await repository.blob({ digest, size })).bytes[Symbol.asyncIterator]().next();
  assert.equal(good.count('GET', /blobs/), 1, 'a server that gave wrong bytes is asked last');
  assert.equal(registry.count('GET', /blobs/), 1);
  await assert.rejects(repository.manifest('2'), { code: 'manifest-unknown' });
});

test('where all servers fail, the registry’s own failure is told, and which mirrors were tried', async (t) => {
  const { repository } = openClient(t, {
    urls: ['http://127.0.0.1:2', 'http://127.0.0.1:1'],
    patience: { retries: 0 },
  });
  await assert.rejects(repository.manifest('1'), {
    message: 'Get "http://127.0.0.1:1/v2/": dial tcp 127.0.0.1:1: connect: connection refused',
    hint: /Mirrors were tried before: http:\/\/127\.0\.0\.1:2/,
  });
});

test('an upload that is cut goes on where the registry stands, or begins anew where it forgot', async (t) => {
  for (const afterCut of ['resume', 'forget'] as const) {
    await using registry = await startFakeRegistry({ afterCut });
    registry.fault({ method: 'PUT', times: 1 }, { cutUploadAfter: 100_000 });
    const { pushing } = openClient(t, { urls: [registry.url] });
    const starts: number[] = [];
    await pushing.uploadBlob(blobDescriptor, (start) => {
      starts.push(start);
      return streamOf(blob.subarray(start));
    });
    assert.equal(await pushing.hasBlob(blobDescriptor.digest), true);
    assert.deepEqual(starts.length, 2);
    assert.equal(starts[1] === 0, afterCut === 'forget', `${afterCut}: ${starts.join()}`);
  }
});

test('an upload that a mount has begun is used by the upload that follows', async (t) => {
  await using registry = await startFakeRegistry();
  const { pushing } = openClient(t, { urls: [registry.url] });
  assert.equal(await pushing.mountBlob(blobDescriptor.digest, 'team/base'), false);
  await send(pushing);
  assert.equal(registry.count('POST'), 1);
  assert.equal(registry.openUploads, 0);
});

test('tags come from all pages', async (t) => {
  await using registry = await startFakeRegistry({ pageSize: 2 });
  for (const tag of ['a', 'b', 'c', 'd', 'e']) registry.image('team/app', tag);
  const { repository } = openClient(t, { urls: [registry.url] });
  assert.deepEqual((await Array.fromAsync(repository.tags())).sort(), ['a', 'b', 'c', 'd', 'e']);
  assert.equal(registry.count('GET', /tags/), 3);
});

test('a HEAD that is refused, or says no digest, is followed by a GET', async (t) => {
  for (const options of [{ refuseManifestHead: true }, { omitDigestHeader: true }]) {
    await using registry = await startFakeRegistry(options);
    const image = registry.image('team/app', '1');
    const { repository } = openClient(t, { urls: [registry.url] });
    assert.equal((await repository.resolve('1'))?.digest, image.descriptor.digest);
    assert.equal(registry.count('GET', /manifests/), 1);
  }
});

test('ranges that the server refuses or does not know give the whole, and short ones are completed', async (t) => {
  await using registry = await startFakeRegistry();
  registry.content.repository('team/app').blobs.set(blobDescriptor.digest, blob);
  const { repository } = openClient(t, { urls: [registry.url] });
  for (const [range, start] of [
    ['refuse', 0],
    ['ignore', 0],
    ['short', 1000],
    [undefined, 1000],
  ] as const) {
    const name = String(range);
    registry.faults.clear();
    if (range !== undefined) registry.fault({ path: /blobs/ }, { range });
    const part = await repository.blob(blobDescriptor, { start: 1000, end: 250_000 });
    assert.equal(part.start, start, name);
    assert.deepEqual(await collectBytes(part.bytes, blob.byteLength), blob.subarray(start, 250_000), name);
  }
});

test('answers outside of the API are given as they are', async (t) => {
  await using registry = await startFakeRegistry({ search: [{ name: 'team/app' }], catalog: true });
  const { client } = openClient(t, { urls: [registry.url] });
  const found = await client.json(registry.domain, '/v1/search?q=app&n=25');
  assert.equal(found.status, 200);
  assert.ok(typeof found.body === 'object');
  assert.equal((await client.json(registry.domain, '/nothing')).status, 404);
});
