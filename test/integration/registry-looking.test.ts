import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import test, { type TestContext } from 'node:test';
import type { RepositoryClient } from '../../src/remote/client/repository.ts';
import { copyBetween } from '../../src/remote/copy/copy-image.ts';
import { createTestStore, lamellaCommand } from '../support/command.ts';
import { startDockerRegistry } from '../support/docker-registry.ts';
import { makeCertificates } from '../support/fake-registry/certificates.ts';
import { type FakeRegistry, makeRemoteImage, startFakeRegistry } from '../support/fake-registry.ts';
import { findPeers } from '../support/peers.ts';
import { openClient, type TestClientOptions } from '../support/registry-client.ts';

const arm64 = { os: 'linux', architecture: 'arm64', variant: 'v8' };
const images = [
  makeRemoteImage({
    layers: [{ base: 'base' }, { big: randomBytes(3 << 20) }],
    config: { config: { Cmd: ['sh'], Labels: { a: '<b>' } } },
  }),
  makeRemoteImage({ layers: [{ base: 'base' }, { a: 'arm' }], platform: arm64, compression: 'zstd' }),
];

/** `team/app` of a registry, to copy from or to. */
function appOf(t: TestContext, url: string, more: Omit<TestClientOptions, 'urls'> = {}): RepositoryClient {
  return openClient(t, { urls: [url], ...more }).pushing;
}

test('manifest inspect prints what docker prints, of images and of indexes', async (t) => {
  const docker = findPeers()?.docker;
  if (docker === undefined) return t.skip('the docker of the peers is not here, or not started');
  const real = await startDockerRegistry();
  if (typeof real === 'string') return t.skip(real);
  await using _ = real;
  await using registry = await startFakeRegistry();
  registry.index('team/app', 'index', images);
  const schema2 = images.map((_, index) =>
    makeRemoteImage({
      layers: [{ a: `${index}` }],
      style: 'docker',
      ...(index === 1 && { platform: arm64 }),
    }),
  );
  registry.index('team/app', 'list', schema2, 'docker');
  registry.image('team/app', 'oci', { config: { variant: 'v1' } });
  registry.image('team/app', 'docker', { style: 'docker' });
  const store = createTestStore(t);
  const [source, target] = [appOf(t, registry.url), appOf(t, real.url)];
  for (const tag of ['index', 'list', 'oci', 'docker']) {
    await copyBetween({ source, reference: tag, target, tag });
    const name: string = `${real.domain}/team/app:${tag}`;
    const ours: string = await store.ok(['manifest', 'inspect', '--verbose', name]);
    assert.equal(ours, docker('manifest', 'inspect', '--insecure', '--verbose', name).trimEnd());
    const plain: string = await store.ok(['manifest', 'inspect', name]);
    const expected: string = docker('manifest', 'inspect', '--insecure', name).trimEnd();
    // Docker writes the entries of an index anew, in another order of their fields.
    if (tag === 'oci' || tag === 'docker') assert.equal(plain, expected);
    else assert.deepEqual(JSON.parse(plain), JSON.parse(expected));
  }
  const missing = await store.run(['manifest', 'inspect', `${real.domain}/team/app:none`]);
  assert.equal(missing.stderr.split('\n')[0], `no such manifest: ${real.domain}/team/app:none`);
});

test('copy brings an index to a real registry with a password and TLS, as skopeo sees it', async (t) => {
  const { ca, server } = makeCertificates();
  const real = await startDockerRegistry({ user: { name: 'ann', password: 'secret' }, tls: server });
  if (typeof real === 'string') return t.skip(real);
  await using _ = real;
  await using registry = await startFakeRegistry();
  const digest = registry.index('team/app', '1', images);
  const target = appOf(t, real.url, {
    tls: { verify: true, ca: [ca] },
    credentials: { [real.domain]: { kind: 'password', username: 'ann', password: 'secret' } },
  });
  const request = { source: appOf(t, registry.url), reference: '1', target, tag: '1' };
  assert.equal((await copyBetween(request)).digest, digest);
  const fetched = registry.count('GET', /blobs/);
  assert.equal((await copyBetween(request)).digest, digest);
  assert.equal(registry.count('GET', /blobs/), fetched, 'the second time, no blob is fetched');

  const skopeo = ['--tls-verify=false', '--creds=ann:secret', `docker://${real.domain}/team/app:1`];
  const raw = findPeers()?.run('skopeo', 'inspect', '--raw', ...skopeo);
  assert.equal(raw, registry.content.manifest('team/app', '1')?.bytes.toString());
  const layers = findPeers()?.run('skopeo', 'inspect', '--override-arch=arm64', ...skopeo) ?? '{}';
  assert.deepEqual(
    (JSON.parse(layers) as { Layers: string[] }).Layers,
    images[1]?.layers.map(({ digest }) => digest),
  );
});

test('a copy over lines that break on both sides brings every byte, and its memory stays small', async (t) => {
  const size = 160 << 20;
  const image = makeRemoteImage({ layers: [randomBytes(size)], compression: 'none' });
  await using from = await startFakeRegistry();
  await using to = await startFakeRegistry();
  const tag = from.index('team/app', '1', [image]);
  const [layer] = image.layers;
  assert.ok(layer);
  const path = new RegExp(layer.digest);
  from.fault({ method: 'GET', path, times: 1 }, { cutAfter: 20 << 20 });
  from.fault({ method: 'GET', path, times: 1, after: 1 }, { cutAfter: 50_000_001 });
  for (const method of ['PATCH', 'PUT']) {
    to.fault({ method, path: /uploads/, times: 1 }, { cutUploadAfter: 60 << 20 });
  }
  const store = createTestStore(t);
  const names = [`${from.domain}/team/app:1`, `${to.domain}/team/app:1`];
  const peak = await peakMemory(
    spawn(lamellaCommand, ['copy', ...names], { env: store.env, stdio: 'ignore' }),
  );
  assert.equal(to.content.manifest('team/app', '1')?.digest, tag);
  const bytes = image.blobs.get(layer.digest);
  assert.ok(bytes && to.content.repository('team/app').blobs.get(layer.digest)?.equals(bytes));
  const sent = from.asked('GET', path).reduce((sum, request) => sum + request.sent, 0);
  t.diagnostic(`${sent - size} of ${size} bytes were fetched twice; ${peak >> 20} MiB of memory at most`);
  assert.ok(sent - size < 32 << 20);
  assert.ok(peak < 200 << 20);
});

/** Bytes of resident memory at most, of a process that must end well. */
async function peakMemory(child: ChildProcess): Promise<number> {
  const closed = once(child, 'close');
  let peak = 0;
  while (child.exitCode === null && child.signalCode === null) {
    const status = await readFile(`/proc/${child.pid}/status`, 'utf8').catch(() => '');
    peak = Math.max(peak, Number(/VmHWM:\s+(\d+)/.exec(status)?.[1] ?? 0) * 1024);
    await sleep(20);
  }
  assert.deepEqual(await closed, [0, null]);
  return peak;
}

test('a copy that is cancelled ends at once, and the next one sends only the rest', async (t) => {
  await using from = await startFakeRegistry();
  await using to = await startFakeRegistry();
  const image = makeRemoteImage({ layers: [{ a: 'a' }, { slow: randomBytes(4 << 20) }] });
  from.index('team/app', '1', [image]);
  const [quick, slow] = image.layers;
  from.fault({ method: 'GET', path: new RegExp(slow?.digest ?? '') }, { bytesPerSecond: 200_000 });
  const request = { source: appOf(t, from.url), reference: '1', target: appOf(t, to.url), tag: '1' };
  const stop = new AbortController();
  const copying = copyBetween(request, { signal: stop.signal });
  const blobs = to.content.repository('team/app').blobs;
  while (!blobs.has(quick?.digest ?? '') || !blobs.has(image.id)) await sleep(5);
  const stopped = performance.now();
  stop.abort();
  await assert.rejects(copying, { kind: 'cancelled' });
  assert.ok(performance.now() - stopped < 1000);
  assert.equal(to.content.manifest('team/app', '1'), undefined);
  from.faults.clear();
  const before = from.count('GET', /blobs/);
  await copyBetween(request);
  assert.equal(from.count('GET', /blobs/) - before, 1);
  assert.ok(to.content.manifest('team/app', '1'));
});

test('search asks as docker does, shows what it found in order, and obeys no escape of a server', async (t) => {
  const entry = (name: string, star_count: number, more: object = {}): Record<string, unknown> => ({
    name,
    star_count,
    description: `about ${name}`,
    is_official: false,
    is_automated: false,
    ...more,
  });
  await using registry = await startFakeRegistry({
    search: [
      entry('team/nginx-proxy', 900),
      entry('nginx', 500, { is_official: true }),
      entry('evil/nginx', 3, { description: '\u001b[31mred' }),
    ],
  });
  const store = createTestStore(t);
  const lines = (await store.ok(['search', `${registry.domain}/nginx`])).split('\n');
  assert.deepEqual(
    lines.map((line) => line.split(/\s+/)[0]),
    ['NAME', 'nginx', 'team/nginx-proxy', 'evil/nginx'],
  );
  assert.ok(!lines.join('').includes('\u001b'));
  const [asked] = registry.asked('GET', /^\/v1\/search$/);
  assert.equal(asked?.query.get('q'), 'nginx');
  assert.equal(asked?.headers['x-docker-token'], 'true');
});

test('search looks through the names of a real registry, and tags lists what is in one of them', async (t) => {
  const real = await startDockerRegistry();
  if (typeof real === 'string') return t.skip(real);
  await using _ = real;
  await using registry = await startFakeRegistry();
  for (const tag of ['latest', '1.9', '1.10', '1.10-rc1', '1.10-alpine']) registry.image('team/app', tag);
  const [source, target] = [appOf(t, registry.url), appOf(t, real.url)];
  for (const tag of registry.content.repository('team/app').tags.keys()) {
    await copyBetween({ source, reference: tag, target, tag });
  }
  const store = createTestStore(t);
  const names = await store.ok(['search', '--format', '{{.Name}}', `${real.domain}/app`]);
  assert.equal(names, 'team/app');
  const tags = await store.ok(['tags', `${real.domain}/team/app`]);
  assert.deepEqual(
    tags.split('\n').map((line) => line.split(/\s+/)[0]),
    ['TAG', 'latest', '1.10', '1.10-alpine', '1.10-rc1', '1.9'],
  );
});

test('tags of 10,000 names come as they are asked for, from pages, with few requests', async (t) => {
  await using registry = await startFakeRegistry({ pageSize: 1000 });
  fill(registry, 10_000);
  const store = createTestStore(t);
  const started = performance.now();
  const tags = await store.ok(['tags', `${registry.domain}/team/app`]);
  t.diagnostic(`10,000 tags in ${Math.round(performance.now() - started)} ms`);
  assert.equal(tags.split('\n').length, 10_001);
  assert.equal(registry.count('GET', /manifests/), 1, 'they all name the same image');
});

test('image inspect --remote tells of an image that is not here', async (t) => {
  await using registry = await startFakeRegistry();
  const digest = registry.index('team/app', '1', images);
  const store = createTestStore(t);
  const name = `${registry.domain}/team/app:1`;
  const [amd] = JSON.parse(
    await store.ok(['image', 'inspect', '--remote', '--platform', 'linux/amd64', name]),
  ) as [Record<string, unknown>];
  assert.equal(amd['Id'], images[0]?.id);
  assert.deepEqual(amd['RepoTags'], [name]);
  assert.deepEqual(amd['RepoDigests'], [`${registry.domain}/team/app@${digest}`]);
  assert.deepEqual((amd['Config'] as { Cmd: string[] }).Cmd, ['sh']);
  assert.equal(registry.count('GET', new RegExp(images[0]?.layers[0]?.digest ?? '')), 0);
});

function fill(registry: FakeRegistry, count: number): void {
  const { descriptor } = registry.image('team/app', undefined);
  const { tags } = registry.content.repository('team/app');
  for (let index = 0; index < count; index += 1) tags.set(`1.${index}`, descriptor.digest);
}
