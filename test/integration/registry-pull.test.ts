import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import test, { type TestContext } from 'node:test';
import { isLamellaError } from '../../src/base/errors.ts';
import { openEngine, type Engine } from '../../src/engine/engine.ts';
import type { PulledImage } from '../../src/engine/ports/registry-engine.ts';
import { makeRemoteImage, startFakeRegistry } from '../support/fake-registry.ts';
import { temporaryFolder } from '../support/tiny-image.ts';

const layers = [{ 'etc/os': 'one' }, { 'usr/bin/tool': randomBytes(200_000) }, { 'srv/a': 'a' }];

interface Lab extends AsyncDisposable {
  readonly root: string;
  readonly engine: Engine;
  readonly events: { id: string; status: string }[];
  pull(name: string, options?: { platform?: string; signal?: AbortSignal }): Promise<PulledImage>;
}

function openLab(t: TestContext): Lab {
  const root = join(temporaryFolder(t), 'store');
  const engine = openEngine({ root });
  const events: { id: string; status: string }[] = [];
  return {
    root,
    engine,
    events,
    async pull(name, options = {}) {
      events.length = 0;
      const registry = await engine.registry();
      const pulled = await Array.fromAsync(
        registry.pull(name, { ...options, onProgress: (event) => events.push(event) }),
      );
      assert.ok(pulled[0]);
      return pulled[0];
    },
    [Symbol.asyncDispose]: () => engine[Symbol.asyncDispose](),
  };
}

for (const compression of ['gzip', 'zstd', 'none'] as const) {
  for (const style of ['oci', 'docker'] as const) {
    test(`an image with ${style} media types and layers in ${compression} is here as it is there`, async (t) => {
      await using registry = await startFakeRegistry();
      const { id, descriptor } = registry.image('team/app', '1', { layers, compression, style });
      await using lab = openLab(t);
      const pulled = await lab.pull(`${registry.domain}/team/app:1`);
      assert.deepEqual(pulled, {
        id,
        digest: descriptor.digest,
        isNewer: true,
        name: `${registry.domain}/team/app:1`,
      });
      const [image] = await (await lab.engine.images()).list();
      assert.equal(image?.Id, id);
      assert.deepEqual(image?.RepoTags, [`${registry.domain}/team/app:1`]);
      assert.deepEqual(image?.RepoDigests, [`${registry.domain}/team/app@${descriptor.digest}`]);
      const { damage } = await (await lab.engine.system()).check();
      assert.deepEqual(damage, []);
      assert.deepEqual(leftDownloads(lab), []);
    });
  }
}

test('an image that is here as it is there costs one question', async (t) => {
  await using registry = await startFakeRegistry();
  registry.image('team/app', '1', { layers });
  await using lab = openLab(t);
  await lab.pull(`${registry.domain}/team/app:1`);
  const before = registry.requests.length;
  const again = await lab.pull(`${registry.domain}/team/app:1`);
  assert.equal(again.isNewer, false);
  assert.deepEqual(
    registry.requests.slice(before).map(({ method, path }) => `${method} ${path}`),
    ['HEAD /v2/team/app/manifests/1'],
  );
});

test('a tag that has moved is pulled, and only its new layers are fetched', async (t) => {
  await using registry = await startFakeRegistry();
  registry.image('team/app', '1', { layers });
  await using lab = openLab(t);
  await lab.pull(`${registry.domain}/team/app:1`);
  const before = registry.count('GET', /blobs/);
  const { id } = registry.image('team/app', '1', { layers: [...layers, { new: 'new' }] });
  const pulled = await lab.pull(`${registry.domain}/team/app:1`);
  assert.deepEqual([pulled.id, pulled.isNewer], [id, true]);
  assert.equal(registry.count('GET', /blobs/) - before, 2, 'a config and one layer');
  assert.equal(lab.events.filter(({ status }) => status === 'Already exists').length, 3);
});

test('by digest no tag moves, and of an index the platform that was asked for comes', async (t) => {
  await using registry = await startFakeRegistry();
  const amd64 = registry.image('team/app', undefined, { layers });
  const arm64 = registry.image('team/app', undefined, {
    layers: [{ arm: 'arm' }],
    platform: { os: 'linux', architecture: 'arm64' },
  });
  const index = registry.index('team/app', '1', [amd64, arm64]);
  await using lab = openLab(t);
  const name = `${registry.domain}/team/app@${index}`;
  assert.equal((await lab.pull(name, { platform: 'linux/arm64' })).id, arm64.id);
  assert.equal((await lab.pull(name, { platform: 'linux/amd64' })).id, amd64.id);
  const images = await (await lab.engine.images()).list();
  assert.ok(images.every(({ RepoTags }) => RepoTags.length === 0));
  await assert.rejects(
    lab.pull(name, { platform: 'linux/s390x' }),
    /no matching manifest for linux\/s390x in the manifest list entries/,
  );
  // Docker says where it looks before it says that there is nothing.
  assert.deepEqual(
    lab.events.map(({ status }) => status),
    ['Pulling from team/app'],
  );
});

test('wrong bytes are fetched anew, and refused in the end; nothing of them stays', async (t) => {
  await using registry = await startFakeRegistry();
  const { layers: made } = registry.image('team/app', '1', { layers });
  const [, second] = made;
  const path = new RegExp(`blobs/${second?.digest}`);
  registry.fault({ method: 'GET', path, times: 1 }, { body: randomBytes(second?.size ?? 0) });
  await using lab = openLab(t);
  await lab.pull(`${registry.domain}/team/app:1`);
  await (await lab.engine.images()).remove(`${registry.domain}/team/app:1`, { force: true });
  await (await lab.engine.images()).prune({ all: true });

  registry.fault({ method: 'GET', path, times: Infinity }, { body: randomBytes(second?.size ?? 0) });
  await assert.rejects(lab.pull(`${registry.domain}/team/app:1`), (error) => {
    assert.ok(isLamellaError(error, 'corrupt') || isLamellaError(error, 'invalid'));
    return true;
  });
  assert.deepEqual(await (await lab.engine.images()).list({ all: true }), []);
});

test('a layer whose config names another diffID is refused, whether the other layer is here or not', async (t) => {
  await using registry = await startFakeRegistry();
  const other = registry.image('team/app', 'other', { layers: [{ other: 'other' }] });
  const good = makeRemoteImage({ layers: [{ a: 'a' }] });
  // A config of the other layer with a manifest of this one.
  const lie = Buffer.from(
    String(good.manifest)
      .replace(good.config.digest, other.config.digest)
      .replace(`"size":${good.config.size}`, `"size":${other.config.size}`),
  );
  for (const bytes of good.blobs.values()) registry.content.putBlob('team/app', bytes);
  registry.content.putManifest('team/app', lie, good.descriptor.mediaType, '1');
  await using lab = openLab(t);
  await assert.rejects(lab.pull(`${registry.domain}/team/app:1`), { code: 'diff-id-mismatch' });
  assert.deepEqual(await (await lab.engine.images()).list({ all: true }), []);
  assert.deepEqual(leftDownloads(lab), []);

  // With the layer here there is nothing to fetch, and nothing is believed of what its compressed form be.
  await lab.pull(`${registry.domain}/team/app:other`);
  await lab.pull(`${registry.domain}/team/app:1`);
  using db = new DatabaseSync(join(lab.root, 'lamella.db'), { readOnly: true });
  const forms = db.prepare('SELECT digest FROM layer_blobs').all();
  assert.deepEqual(
    forms.map(({ digest }) => digest),
    other.layers.map(({ digest }) => digest),
  );
});

test('a pull that is stopped goes on where it was', async (t) => {
  await using registry = await startFakeRegistry();
  const large = { 'usr/large': randomBytes(24 << 20) };
  registry.image('team/app', '1', { layers: [large] });
  await using lab = openLab(t);
  const abort = new AbortController();
  const stopped = (await lab.engine.registry()).pull(`${registry.domain}/team/app:1`, {
    signal: abort.signal,
    onProgress: ({ status, current = 0 }) => status === 'Downloading' && current > 8e6 && abort.abort(),
  });
  await assert.rejects(Array.fromAsync(stopped), { code: 'cancelled', message: 'context canceled' });
  await lab.pull(`${registry.domain}/team/app:1`);
  const starts = registry
    .asked('GET', /blobs/)
    .flatMap(({ headers }) => /bytes=(\d+)-/.exec(String(headers['range']))?.[1] ?? []);
  assert.ok(
    starts.some((start) => Number(start) > 8e6 - (4 << 20)),
    `ranges begin at ${starts.join(', ')}`,
  );
});

test('two pulls of the same image at once fetch each layer once', async (t) => {
  await using registry = await startFakeRegistry({});
  registry.image('team/app', '1', { layers: [{ large: randomBytes(6 << 20) }, { b: 'b' }] });
  await using lab = openLab(t);
  await using other = openEngine({ root: lab.root });
  const name = `${registry.domain}/team/app:1`;
  await Promise.all([lab.pull(name), Array.fromAsync((await other.registry()).pull(name))]);
  const asked = registry.asked('GET', /blobs/).map(({ path }) => path);
  const config = 2;
  assert.ok(asked.length <= 2 + config, asked.join('\n'));
});

test('a damaged layer is healed by a pull', async (t) => {
  await using registry = await startFakeRegistry();
  const { diffIds } = registry.image('team/app', '1', { layers });
  await using lab = openLab(t);
  const name = `${registry.domain}/team/app:1`;
  await lab.pull(name);
  const { writeFileSync } = await import('node:fs');
  writeFileSync(join(lab.root, 'layers', (diffIds[1] ?? '').slice(7), 'tar'), 'damaged', { flag: 'r+' });
  const system = await lab.engine.system();
  assert.notDeepEqual((await system.check()).damage, []);
  await lab.pull(name);
  assert.deepEqual((await system.check()).damage, []);
});

/** What is left of downloads, apart from the locks. */
function leftDownloads({ root }: Lab): string[] {
  const folder = join(root, 'downloads');
  return readdirSync(folder).filter((name) => statSync(join(folder, name)).isFile());
}
