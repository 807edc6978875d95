import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import test, { type TestContext } from 'node:test';
import { makeImage, makeLayer } from '../support/archives.ts';
import { type DockerRegistry, startDockerRegistry } from '../support/docker-registry.ts';
import { findPeers, type Peers } from '../support/peers.ts';
import { openPushLab, type PushLab } from '../support/push-lab.ts';
import { temporaryFolder } from '../support/tiny-image.ts';

interface Judges extends AsyncDisposable {
  readonly peers: Peers;
  readonly registry: DockerRegistry;
  readonly lab: PushLab;
}

async function withJudges(t: TestContext): Promise<Judges | undefined> {
  const peers = findPeers();
  const registry = peers === undefined ? 'the peers are not here' : await startDockerRegistry();
  if (peers === undefined || typeof registry === 'string') {
    t.skip(typeof registry === 'string' ? registry : 'the peers are not here');
    return undefined;
  }
  const lab = openPushLab(t);
  return {
    peers,
    registry,
    lab,
    async [Symbol.asyncDispose]() {
      await lab[Symbol.asyncDispose]();
      await registry[Symbol.asyncDispose]();
    },
  };
}

for (const compression of ['gzip', 'zstd'] as const) {
  test(`what was pushed in ${compression} is whole in the eyes of crane, skopeo, podman and docker`, async (t) => {
    await using judges = await withJudges(t);
    if (judges === undefined) return;
    const { peers, registry, lab } = judges;
    const name = `${registry.domain}/d-push/${compression}:1`;
    // More than one block of either codec, and not the same in two runs, so that no peer has it already.
    const text = Array.from(
      { length: 60_000 },
      (_, i) => `${i * i} ${i % 7 === 0 ? randomBytes(60).toString('hex') : 'lorem ipsum'}`,
    );
    const layers = [
      makeLayer({ 'etc/run': randomBytes(16).toString('hex') }),
      makeLayer({ 'srv/text': text.join('\n') }),
    ];
    const image = makeImage(layers, [name]);
    await lab.make(image);
    const pushed = await lab.pushOne(name, { compression });

    const inspected = JSON.parse(
      peers.run('skopeo', 'inspect', '--tls-verify=false', `docker://${name}`),
    ) as {
      Digest: string;
    };
    assert.equal(inspected.Digest, pushed.digest);
    // It reads any layer as gzip where it looks inside: zstd is for the others to judge.
    const depth = compression === 'zstd' ? ['--fast'] : [];
    assert.match(peers.run('crane', 'validate', ...depth, '--insecure', '--remote', name), /PASS/);

    const copy = join(temporaryFolder(t), 'copy');
    peers.run('skopeo', 'copy', '-q', '--src-tls-verify=false', `docker://${name}`, `dir:${copy}`);

    const podmanId = peers.run('podman', 'pull', '-q', '--tls-verify=false', name).trim();
    peers.run('podman', 'rmi', '-f', podmanId);
    assert.equal(`sha256:${podmanId}`, image.id);

    if (peers.docker === undefined) return;
    peers.docker('pull', '-q', name);
    try {
      assert.equal(peers.docker('inspect', '-f', '{{.Id}}', name).trim(), image.id);
      const digests = peers.docker('inspect', '-f', '{{join .RepoDigests " "}}', name).trim();
      assert.equal(digests, `${registry.domain}/d-push/${compression}@${pushed.digest}`);
    } finally {
      peers.docker('rmi', name);
    }
  });
}

test('an image that Docker has pushed keeps its digest through our pull and push', async (t) => {
  await using judges = await withJudges(t);
  if (judges === undefined) return;
  const { peers, registry, lab } = judges;
  if (peers.docker === undefined) return t.skip('the real Docker is not here');
  const [from, to] = [`${registry.domain}/library/ubuntu:1`, `${registry.domain}/mine/app:2`];
  await lab.make(makeImage([makeLayer({ 'etc/run': randomBytes(16).toString('hex') })], [from]));
  await lab.pushOne(from);
  peers.docker('pull', '-q', from);
  try {
    peers.docker('tag', from, `${registry.domain}/docker/made:1`);
    const said = peers.docker('push', `${registry.domain}/docker/made:1`);
    const digest = /digest: (sha256:[0-9a-f]{64})/.exec(said)?.[1];
    assert.ok(digest);

    await lab.pull(`${registry.domain}/docker/made:1`);
    await lab.tag(`${registry.domain}/docker/made:1`, to);
    assert.equal((await lab.pushOne(to)).digest, digest);
    assert.ok(lab.statuses().some((status) => status.startsWith('Mounted from ')));
  } finally {
    peers.docker('rmi', '-f', from, `${registry.domain}/docker/made:1`);
  }
});
