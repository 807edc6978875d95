import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test, { type TestContext } from 'node:test';
import { importImage } from '../../src/archive/import.ts';
import { loadImages } from '../../src/archive/load.ts';
import { saveImages } from '../../src/archive/save.ts';
import { writeArchive } from '../../src/archive/write-archive.ts';
import { collectBytes } from '../../src/base/streams.ts';
import { type Digest, digestOf } from '../../src/oci/digest.ts';
import { parseManifest } from '../../src/oci/manifest.ts';
import { parseReference } from '../../src/oci/reference.ts';
import { makeImage, makeLayer, ociLayout, tarOf } from '../support/archives.ts';
import { findPeers, type Peers } from '../support/peers.ts';
import { inChunks } from '../support/tar-archive.ts';
import { createTemporaryStore, type TemporaryStore } from '../support/temporary-store.ts';

// The peers share /tmp with us, and nothing else.
async function scratch(): Promise<{ path: string } & AsyncDisposable> {
  const path = await mkdtemp('/tmp/lamella-interop-');
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) };
}

const found = findPeers();
const mark = `interop-${process.pid}`;
const root = makeLayer({ 'etc/motd': `${mark}\n`, 'bin/tool': 'x'.repeat(200_000) });
const more = makeLayer({ 'etc/motd': 'changed\n', 'etc/.wh.issue': '' });

function withPeers(
  name: string,
  body: (peers: Peers, folder: string, store: TemporaryStore) => Promise<void>,
): void {
  test(name, async (t: TestContext) => {
    if (found === undefined)
      return t.skip('the peers (Podman, Skopeo, umoci, crane) are not installed, or not started');
    await using folder = await scratch();
    await using store = await createTemporaryStore();
    await body(found, folder.path, store);
  });
}

function withDocker(
  name: string,
  body: (docker: NonNullable<Peers['docker']>, folder: string, store: TemporaryStore) => Promise<void>,
): void {
  test(name, async (t: TestContext) => {
    const docker = found?.docker;
    if (docker === undefined) return t.skip('no Docker daemon is running among the peers');
    await using folder = await scratch();
    await using store = await createTemporaryStore();
    await body(docker, folder.path, store);
  });
}

async function saveTo(store: TemporaryStore, path: string, ...names: string[]): Promise<void> {
  await writeArchive(path, (await saveImages(store, names)).content);
}

/** An image of two layers in this form, loaded into our store. */
async function loadMade(
  store: TemporaryStore,
  form: 'none' | 'gzip' | 'zstd',
): Promise<{ id: Digest; name: string }> {
  const name = `${mark}/${form}:1`;
  const image = makeImage([root, more], [name], { config: { Cmd: ['/bin/tool'] } });
  await loadImages(store, inChunks(tarOf(ociLayout([image], form))));
  return { id: image.id, name };
}

for (const form of ['none', 'gzip', 'zstd'] as const) {
  withDocker(
    `docker load takes what we save, and docker save gives it back: ${form}`,
    async (docker, folder, store) => {
      const { id, name } = await loadMade(store, form);
      const path = join(folder, 'ours.tar');
      await saveTo(store, path, name);
      try {
        assert.match(docker('load', '-i', path), new RegExp(`Loaded image: ${name}`));
        assert.equal(docker('image', 'inspect', '-f', '{{.Id}}', name).trim(), id);
        assert.equal(
          docker('image', 'inspect', '-f', '{{join .RootFS.Layers " "}}', name).trim(),
          `${root.diffId} ${more.diffId}`,
        );
        const theirs = join(folder, 'theirs.tar');
        docker('save', '-o', theirs, name);
        await using other = await createTemporaryStore();
        assert.deepEqual(await loadImages(other, { path: theirs }), [{ id, name }]);
        const bytes = await collectBytes(other.layers.openTar(root.diffId), 1 << 20);
        assert.deepEqual(bytes, root.tar);
      } finally {
        docker('rmi', '-f', name);
      }
    },
  );

  withPeers(
    `podman load takes what we save, and podman save gives it back: ${form}`,
    async (peers, folder, store) => {
      const { id, name } = await loadMade(store, form);
      const path = join(folder, 'ours.tar');
      await saveTo(store, path, name);
      try {
        assert.match(peers.run('podman', 'load', '-i', path), /Loaded image/);
        const loaded = peers.run('podman', 'images', '--no-trunc', '--format', '{{.ID}}');
        assert.ok(loaded.includes(id), loaded);
        for (const format of ['docker-archive', 'oci-archive']) {
          const theirs = join(folder, `${format}.tar`);
          peers.run('podman', 'save', '--format', format, '-o', theirs, id.slice(7));
          await using other = await createTemporaryStore();
          const [image] = await loadImages(other, { path: theirs });
          assert.equal(image?.id, id, format);
          await using streamed = await createTemporaryStore();
          const [again] = await loadImages(streamed, inChunks(await readFile(theirs)));
          assert.equal(again?.id, id, format);
        }
      } finally {
        peers.run('podman', 'rmi', '-f', id.slice(7));
      }
    },
  );

  withPeers(
    `skopeo copies what we save as both kinds of archive, digests kept: ${form}`,
    async (peers, folder, store) => {
      const { id, name } = await loadMade(store, form);
      const path = join(folder, 'ours.tar');
      await saveTo(store, path, name);
      const manifest = store.images.manifest(id);
      const oci = join(folder, 'oci');
      peers.run('skopeo', 'copy', '--preserve-digests', `oci-archive:${path}`, `dir:${oci}`);
      assert.equal(digestOf(await readFile(join(oci, 'manifest.json'))), manifest?.digest);
      const docker = join(folder, 'docker');
      peers.run('skopeo', 'copy', `docker-archive:${path}:${name}`, `dir:${docker}`);
      const copied = parseManifest(await readFile(join(docker, 'manifest.json')));
      assert.ok(copied.kind === 'manifest' && copied.config.digest === id);
    },
  );

  withPeers(`umoci reads and unpacks what we save: ${form}`, async (peers, folder, store) => {
    const { name } = await loadMade(store, form);
    const path = join(folder, 'ours.tar');
    await saveTo(store, path, name);
    const layout = join(folder, 'layout');
    peers.run('sh', '-c', `mkdir ${layout} && tar -C ${layout} -xf ${path}`);
    peers.run('umoci', 'unpack', '--rootless', '--image', `${layout}:1`, join(folder, 'bundle'));
    assert.equal(await readFile(join(folder, 'bundle/rootfs/etc/motd'), 'utf8'), 'changed\n');
  });
}

withPeers('crane finds our archives valid', async (peers, folder, store) => {
  for (const form of ['none', 'gzip'] as const) {
    const { name } = await loadMade(store, form);
    const path = join(folder, `${form}.tar`);
    await saveTo(store, path, name);
    assert.match(peers.run('crane', 'validate', '--tarball', path), /PASS/);
  }
});

withPeers(
  'we load what skopeo writes: docker-archive, oci-archive and OCI layout, gzip and zstd',
  async (peers, folder, store) => {
    const { id, name } = await loadMade(store, 'none');
    const ours = join(folder, 'ours.tar');
    await saveTo(store, ours, name);
    const targets = [
      ['gzip', `oci-archive:${folder}/gzip.tar:${name}`, 'gzip.tar'],
      ['zstd', `oci-archive:${folder}/zstd.tar:${name}`, 'zstd.tar'],
      ['gzip', `oci:${folder}/layout:${name}`, 'layout'],
      ['none', `docker-archive:${folder}/docker.tar:${name}`, 'docker.tar'],
    ] as const;
    for (const [compression, target, file] of targets) {
      const how = compression === 'none' ? [] : ['--dest-compress-format', compression, '--dest-compress'];
      peers.run('skopeo', 'copy', ...how, `oci-archive:${ours}`, target);
      await using other = await createTemporaryStore();
      assert.deepEqual(await loadImages(other, { path: join(folder, file) }), [{ id, name }], file);
      // What the manifest names is what we save again, byte for byte.
      const kept = other.images.manifest(id);
      const saved = join(folder, 'saved.tar');
      await saveTo(other, saved, name);
      await using third = await createTemporaryStore();
      await loadImages(third, { path: saved });
      if (kept) assert.equal(third.images.manifest(id)?.digest, kept.digest, file);
    }
  },
);

withPeers('we load layouts that umoci made, and archives that crane made', async (peers, folder, store) => {
  const at = (name: string): string => join(folder, name);
  peers.run('umoci', 'init', '--layout', at('layout'));
  peers.run('umoci', 'new', '--image', `${at('layout')}:latest`);
  peers.run('umoci', 'unpack', '--rootless', '--image', `${at('layout')}:latest`, at('bundle'));
  await writeFile(at('bundle/rootfs/hello'), 'hello\n');
  peers.run('umoci', 'repack', '--image', `${at('layout')}:latest`, at('bundle'));
  const [image] = await loadImages(store, { path: at('layout') });
  assert.ok(image);
  const { diffIds } = await store.images.config(image.id);
  assert.equal(diffIds.length, 1);

  await writeFile(at('root.tar'), root.tar);
  peers.run('crane', 'append', '-f', at('root.tar'), '-t', `${mark}/crane:1`, '-o', at('crane.tar'));
  const [made] = await loadImages(store, { path: at('crane.tar') });
  assert.equal(made?.name, `${mark}/crane:1`);
  assert.deepEqual((await store.images.config(made.id)).diffIds, [root.diffId]);
});

withDocker(
  'import gives the same layer, config and archive as docker import',
  async (docker, folder, store) => {
    const path = join(folder, 'root.tar');
    const name = `${mark}/import:1`;
    await writeFile(path, root.tar);
    const changes = [
      'CMD ["/bin/tool", "x"]',
      'ENV A=1 B="two words"',
      'EXPOSE 80 53/udp',
      'LABEL x=y',
      'WORKDIR w',
    ];
    docker('import', ...changes.flatMap((change) => ['-c', change]), path, name);
    try {
      const id = await importImage(store, inChunks(root.tar), { reference: parseReference(name), changes });
      const theirs = JSON.parse(docker('image', 'inspect', name)) as Record<string, unknown>[];
      const ours = await store.images.config(id);
      const { Config, RootFS, Architecture, Os, Comment } = theirs[0] as {
        Config: { Labels: object; Env: string[]; Cmd: string[]; ExposedPorts: object; WorkingDir: string };
        RootFS: { Layers: string[] };
        Architecture: string;
        Os: string;
        Comment: string;
      };
      assert.deepEqual(ours.diffIds, RootFS.Layers);
      assert.deepEqual([ours.architecture, ours.os, ours.comment], [Architecture, Os, Comment]);
      assert.deepEqual(ours.config?.Cmd, Config.Cmd);
      assert.deepEqual(ours.config?.Env, Config.Env);
      assert.deepEqual(ours.config?.Labels, Config.Labels);
      assert.deepEqual(ours.config?.ExposedPorts, Config.ExposedPorts);
      assert.equal(ours.config?.WorkingDir, Config.WorkingDir);
      assert.equal(store.images.find(name).size, (theirs[0] as { Size: number }).Size);
      await saveTo(store, join(folder, 'ours.tar'), name);
      docker('load', '-i', join(folder, 'ours.tar'));
      assert.equal(docker('image', 'inspect', '-f', '{{.Id}}', name).trim(), id);
    } finally {
      docker('rmi', '-f', name);
    }
  },
);
