import assert from 'node:assert/strict';
import test from 'node:test';
import { collectBytes, streamOf } from '../../src/base/streams.ts';
import { digestOf } from '../../src/oci/digest.ts';
import { mediaTypes } from '../../src/oci/media-types.ts';
import { startServer } from '../support/fake-registry/server.ts';
import { startFakeRegistry } from '../support/fake-registry.ts';
import { openClient } from '../support/registry-client.ts';

const users = { ann: 'secret' };
const ann = { kind: 'password', username: 'ann', password: 'secret' } as const;
const bytes = Buffer.alloc(100_000, 'blob ');
const blob = { digest: digestOf(bytes), size: bytes.byteLength };

/** Whatever a server has seen that could be a secret. */
function secretsSeen(requests: readonly { headers: object; query: URLSearchParams }[]): string[] {
  return requests
    .flatMap(({ headers, query }) => [JSON.stringify(headers), query.toString()])
    .filter((text) => /authorization|secret|c2VjcmV0|ann/i.test(text));
}

test('a realm on a host of somebody else sees no credentials, and the error says so (attack 47)', async (t) => {
  await using thief = await startServer(() => ({ status: 401 }));
  const realm = thief.url.replace('127.0.0.1', 'localhost') + '/token';
  await using registry = await startFakeRegistry({ auth: { kind: 'token', users, realm } });
  registry.image('team/app', '1');
  const { client, repository } = openClient(t, {
    urls: [registry.url],
    credentials: { [registry.domain]: ann },
  });
  await assert.rejects(repository.manifest('1'), {
    kind: 'unauthorized',
    hint: /named the token server localhost:\d+, which does not belong to it: the credentials were not sent/,
  });
  assert.equal(thief.requests.length, 1, 'it is asked as nobody in particular');
  await assert.rejects(client.login(registry.domain, ann), {
    kind: 'unauthorized',
    message:
      /refusing to send the password for 127\.0\.0\.1:\d+ to localhost:\d+, which does not belong to it/,
  });
  assert.deepEqual(secretsSeen(thief.requests), []);
});

test('a realm that is no web server, or a machine’s own metadata, is not asked', async (t) => {
  for (const realm of [
    'file:///etc/shadow',
    'http://169.254.169.254/latest/meta-data',
    '//x',
    'gopher://x',
  ]) {
    await using registry = await startFakeRegistry({ auth: { kind: 'token', users, realm } });
    const { repository } = openClient(t, { urls: [registry.url], credentials: { [registry.domain]: ann } });
    await assert.rejects(repository.manifest('1'), { code: 'registry-answer-invalid' }, realm);
  }
});

test('a mirror sees no credentials of the registry', async (t) => {
  await using registry = await startFakeRegistry({ auth: { kind: 'basic', users } });
  await using mirror = await startFakeRegistry({ auth: { kind: 'basic', users } });
  registry.image('team/app', '1');
  const { repository } = openClient(t, {
    urls: [mirror.url, registry.url],
    credentials: { [registry.domain]: ann },
  });
  assert.ok(await repository.manifest('1'));
  assert.ok(mirror.requests.length > 0);
  assert.deepEqual(secretsSeen(mirror.requests), []);
});

test('a redirect to another origin brings the blob and no credentials (attack 48)', async (t) => {
  await using registry = await startFakeRegistry({ auth: { kind: 'basic', users }, redirectBlobs: true });
  registry.content.repository('team/app').blobs.set(blob.digest, bytes);
  const { repository } = openClient(t, { urls: [registry.url], credentials: { [registry.domain]: ann } });
  const { bytes: body } = await repository.blob(blob);
  assert.deepEqual(await collectBytes(body, blob.size), bytes);
  assert.equal(registry.storage.requests.length, 1);
  assert.deepEqual(secretsSeen(registry.storage.requests), []);
});

test('a 401 of the storage that a registry points to is given no credentials', async (t) => {
  await using registry = await startFakeRegistry({ auth: { kind: 'basic', users }, redirectBlobs: true });
  registry.content.repository('team/app').blobs.set(blob.digest, bytes);
  registry.storage.faults.add({}, { status: 401, headers: { 'www-authenticate': 'Basic realm="give"' } });
  const { repository } = openClient(t, { urls: [registry.url], credentials: { [registry.domain]: ann } });
  await assert.rejects(repository.blob(blob), { kind: 'unauthorized' });
  assert.deepEqual(secretsSeen(registry.storage.requests), []);
});

test('redirects to metadata, files and in circles are not followed', async (t) => {
  for (const location of [
    'http://169.254.169.254/latest',
    'file:///etc/shadow',
    '/v2/team/app/manifests/1',
  ]) {
    await using registry = await startFakeRegistry();
    registry.fault({}, { status: 307, headers: { location } });
    const { repository } = openClient(t, { urls: [registry.url] });
    await assert.rejects(repository.manifest('1'), { code: 'registry-answer-invalid' }, location);
    assert.ok(registry.requests.length <= 6);
  }
});

test('foreign layers are fetched without credentials, and only where the registry has them not', async (t) => {
  await using registry = await startFakeRegistry({ auth: { kind: 'basic', users } });
  await using elsewhere = await startServer(() => ({ status: 200, body: bytes, ranges: true }));
  const { repository } = openClient(t, { urls: [registry.url], credentials: { [registry.domain]: ann } });
  const foreign = {
    ...blob,
    urls: ['file:///etc/shadow', 'http://169.254.169.254/x', `${elsewhere.url}/layer`],
  };
  const { bytes: body } = await repository.blob(foreign, { start: 10 });
  assert.deepEqual(await collectBytes(body, blob.size), bytes.subarray(10));
  assert.deepEqual(secretsSeen(elsewhere.requests), []);
  registry.content.repository('team/app').blobs.set(blob.digest, bytes);
  await collectBytes((await repository.blob(foreign)).bytes, blob.size);
  assert.equal(elsewhere.requests.length, 1);
});

test('a body that is longer than the blob, or has no end, is left after the last byte (attack 33)', async (t) => {
  await using registry = await startFakeRegistry();
  registry.content.repository('team/app').blobs.set(blob.digest, bytes);
  const { repository } = openClient(t, { urls: [registry.url] });
  registry.fault({ path: /blobs/ }, { endless: true });
  let seen = 0;
  await assert.rejects(
    async () => {
      for await (const piece of (await repository.blob(blob)).bytes) seen += piece.byteLength;
    },
    { code: 'size-mismatch' },
  );
  assert.ok(seen <= blob.size, `${seen} bytes`);
  registry.faults.clear();
  for (const body of [Buffer.concat([bytes, bytes]), bytes.subarray(1)]) {
    registry.faults.clear();
    registry.fault({ path: /blobs/ }, { body });
    await assert.rejects(repository.blob(blob), { code: 'size-mismatch' });
  }
});

test('ranges of another part than asked for are refused', async (t) => {
  await using registry = await startFakeRegistry();
  registry.content.repository('team/app').blobs.set(blob.digest, bytes);
  registry.fault({ path: /blobs/ }, { range: 'lie' });
  const { repository } = openClient(t, { urls: [registry.url] });
  await assert.rejects(repository.blob(blob, { start: 5 }), { code: 'registry-answer-invalid' });
});

test('a config with wrong bytes is asked for at another server, and never given', async (t) => {
  await using registry = await startFakeRegistry();
  await using mirror = await startFakeRegistry({ content: registry.content });
  registry.content.repository('team/app').blobs.set(blob.digest, bytes);
  mirror.fault({ path: /blobs/ }, { body: (right) => Buffer.alloc(right.byteLength) });
  const { repository, reports } = openClient(t, { urls: [mirror.url, registry.url] });
  assert.deepEqual(await repository.document(blob), bytes);
  assert.ok(reports.some(({ url, outcome }) => url === mirror.url && outcome.kind === 'wrong'));
});

test('a manifest that is too large, of another type than announced, ambiguous or another one is refused', async (t) => {
  await using registry = await startFakeRegistry();
  registry.image('team/app', '1');
  const index = JSON.stringify({ schemaVersion: 2, mediaType: mediaTypes.ociIndex, manifests: [] });
  const both = JSON.stringify({ schemaVersion: 2, manifests: [], layers: [], config: {} });
  const header = { 'docker-content-digest': undefined };
  const cases = [
    { body: Buffer.alloc((4 << 20) + 1, ' '), headers: header },
    { body: Buffer.alloc(1 << 20, ' '), headers: header, endless: true },
    { body: index, headers: { ...header, 'content-type': mediaTypes.ociManifest } },
    { body: both, headers: header },
    { body: '{"schemaVersion":2,"schemaVersion":2}', headers: header },
    { headers: { 'docker-content-digest': digestOf('another') } },
    { headers: { 'content-encoding': 'gzip' } },
  ];
  for (const [number, fault] of cases.entries()) {
    registry.faults.clear();
    registry.fault({ path: /manifests/ }, fault);
    const { repository } = openClient(t, { urls: [registry.url] });
    await assert.rejects(repository.manifest('1'), { kind: 'invalid' }, `case ${number}`);
  }
  registry.faults.clear();
  const { repository } = openClient(t, { urls: [registry.url] });
  await assert.rejects(repository.manifest('1', { digest: digestOf('another') }), {
    code: 'digest-mismatch',
  });
});

test('the page of a captive portal is no manifest, no blob and no login (attack 49)', async (t) => {
  await using registry = await startFakeRegistry();
  await using portal = await startServer(() => ({
    status: 200,
    headers: { 'content-type': 'text/html; charset=utf-8' },
    body: '<html>Welcome to our hotel</html>',
  }));
  registry.image('team/app', '1');
  registry.content.repository('team/app').blobs.set(blob.digest, bytes);
  const behind = openClient(t, { urls: [portal.url, registry.url] });
  assert.ok(await behind.repository.manifest('1'));
  assert.deepEqual(await behind.repository.document(blob), bytes);
  assert.ok(behind.reports.some(({ url, outcome }) => url === portal.url && outcome.kind === 'wrong'));
  const caught = openClient(t, { urls: [portal.url] });
  const message = /a web page instead of what a registry has/;
  await assert.rejects(caught.repository.manifest('1'), { message });
  await assert.rejects(caught.repository.resolve('1'), { message });
  await assert.rejects(caught.client.login(portal.domain, ann), { message });
  await assert.rejects(caught.client.json(portal.domain, '/v1/search'), { message });
  assert.deepEqual(secretsSeen(portal.requests), []);
});

test('lists of tags that go on for ever, or to other servers, are left', async (t) => {
  await using registry = await startFakeRegistry();
  registry.image('team/app', '1');
  const { repository } = openClient(t, { urls: [registry.url] });
  for (const link of ['<http://127.0.0.1:1/v2/x>; rel="next"', '<?n=1>; rel="next"', '<//evil/>; rel=next']) {
    registry.faults.clear();
    registry.fault({ path: /tags/ }, { headers: { link } });
    await assert.rejects(Array.fromAsync(repository.tags()), { code: 'registry-answer-invalid' }, link);
  }
  registry.faults.clear();
  registry.fault({ path: /tags/ }, { body: '{"tags":["../../etc"]}' });
  await assert.rejects(Array.fromAsync(repository.tags()), { code: 'registry-answer-invalid' });
});

test('an upload that is sent to another origin brings no credentials there', async (t) => {
  await using registry = await startFakeRegistry({ auth: { kind: 'basic', users } });
  await using elsewhere = await startServer(async ({ request }) => {
    await Array.fromAsync(request as AsyncIterable<Buffer>);
    return { status: 201 };
  });
  registry.fault({ method: 'POST' }, { headers: { location: `${elsewhere.url}/put-here` } });
  const { pushing } = openClient(t, { urls: [registry.url], credentials: { [registry.domain]: ann } });
  await pushing.uploadBlob(blob, (start) => streamOf(bytes.subarray(start)));
  assert.equal(elsewhere.requests.length, 1);
  assert.deepEqual(secretsSeen(elsewhere.requests), []);
});

test('what a server says is shown without what a terminal would obey', async (t) => {
  await using registry = await startFakeRegistry();
  const message = '\u001b[2J\u202eowned\n'.repeat(1000);
  registry.fault(
    {},
    {
      status: 403,
      body: JSON.stringify({ errors: [{ code: 'DENIED', message }] }),
      headers: { 'content-type': 'application/json' },
    },
  );
  const { repository } = openClient(t, { urls: [registry.url] });
  await assert.rejects(repository.manifest('1'), (error: Error) => {
    assert.doesNotMatch(error.message, /[\u0000-\u001f\u202e]/);
    assert.ok(error.message.length < 1500);
    return true;
  });
});
