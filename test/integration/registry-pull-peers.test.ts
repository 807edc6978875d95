import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { globSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { type TestContext } from 'node:test';
import { makeImage, makeLayer, oldDockerArchive, ociLayout, tarOf } from '../support/archives.ts';
import { createTestStore } from '../support/command.ts';
import { type DockerRegistry, startDockerRegistry } from '../support/docker-registry.ts';
import { findPeers, type Peers } from '../support/peers.ts';
import { temporaryFolder } from '../support/tiny-image.ts';

const layers = [1, 2, 3].map((number) =>
  makeLayer({
    [`srv/${number}`]: randomBytes(20_000).toString('hex'),
    [`etc/${number}`]: `${number}\n`.repeat(5000),
  }),
);

interface Judges extends AsyncDisposable {
  readonly peers: Peers;
  readonly registry: DockerRegistry;
}

async function withJudges(t: TestContext): Promise<Judges | undefined> {
  const peers = findPeers();
  const registry = await startDockerRegistry();
  if (peers === undefined || typeof registry === 'string') {
    t.skip(typeof registry === 'string' ? registry : 'the peers are not here');
    return undefined;
  }
  return { peers, registry, [Symbol.asyncDispose]: () => registry[Symbol.asyncDispose]() };
}

test('what docker has pushed is pulled with the ID, the digest and the files that docker gives it', async (t) => {
  await using judges = await withJudges(t);
  if (judges === undefined) return;
  const { docker } = judges.peers;
  if (docker === undefined) return t.skip('no Docker among the peers');
  const name = `${judges.registry.domain}/c-pull/docker:1`;
  const archive = join(temporaryFolder(t), 'image.tar');
  writeFileSync(archive, tarOf(oldDockerArchive([makeImage(layers, [name])])));
  docker('load', '-q', '-i', archive);
  t.after(() => docker('rmi', '-f', name));
  docker('push', '-q', name);

  const store = createTestStore(t);
  const printed = await store.ok(['pull', name]);
  const inspect = (format: string): string => docker('inspect', '-f', format, name).trim();
  assert.equal(await store.ok(['inspect', '-f', '{{.Id}}', name]), inspect('{{.Id}}'));
  assert.equal(
    await store.ok(['inspect', '-f', '{{index .RepoDigests 0}}', name]),
    inspect('{{index .RepoDigests 0}}'),
  );
  const digest = inspect('{{index .RepoDigests 0}}').replace(/.*@/, '');
  assert.match(printed, new RegExp(`Digest: ${digest}\nStatus: Downloaded newer image for ${name}`));
  const again = await store.ok(['pull', name]);
  assert.match(again, new RegExp(`Status: Image is up to date for ${name}`));
  docker('rmi', '-f', name);
  const real = docker('pull', name).trimEnd().split('\n');
  assert.deepEqual(printed.split('\n').slice(-3), real.slice(-3));
  assert.equal(printed.split('\n')[0], real[0]);
  assert.match(await store.ok(['system', 'check']), /./);
});

for (const compression of ['gzip', 'zstd', 'none'] as const) {
  for (const driver of ['erofs', 'overlay'] as const) {
    test(`what skopeo has pushed in ${compression} is whole here, with the ${driver} driver`, async (t) => {
      await using judges = await withJudges(t);
      if (judges === undefined) return;
      const { peers, registry } = judges;
      const folder = temporaryFolder(t);
      const image = makeImage(layers, ['image:1']);
      writeFileSync(join(folder, 'image.tar'), tarOf(ociLayout([image], 'none')));
      const name = `${registry.domain}/c-pull/${compression}:1`;
      peers.run(
        'skopeo',
        'copy',
        '-q',
        '--dest-tls-verify=false',
        ...(compression === 'none' ? [] : ['--dest-compress', '--dest-compress-format', compression]),
        `oci-archive:${join(folder, 'image.tar')}`,
        `docker://${name}`,
      );
      const store = createTestStore(t, { LAMELLA_DRIVER: driver });
      await store.ok(['pull', '-q', name]);
      assert.equal(await store.ok(['images', '-q', '--no-trunc']), image.id);
      const remote = JSON.parse(peers.run('skopeo', 'inspect', '--tls-verify=false', `docker://${name}`)) as {
        Digest: string;
        Layers: string[];
        LayersData: { MIMEType: string }[];
      };
      assert.match(await store.ok(['inspect', '-f', '{{.RepoDigests}}', name]), new RegExp(remote.Digest));
      const blobs = globSync(join(store.root, 'blobs/sha256/*')).map((path) => path.replace(/.*\//, ''));
      for (const digest of compression === 'none' ? [] : remote.Layers) {
        assert.ok(blobs.includes(digest.slice(7)), `${digest} is kept as it came`);
      }
      const saved = join(folder, 'saved.tar');
      await store.ok(['save', '-o', saved, name]);
      assert.ok(readFileSync(saved).byteLength > 0);
      const layout = join(folder, 'layout');
      peers.run('skopeo', 'copy', '-q', `docker-archive:${saved}`, `oci:${layout}:image`);
      rmSync(layout, { recursive: true });
      assert.match(await store.ok(['system', 'check']), /./);
    });
  }
}
