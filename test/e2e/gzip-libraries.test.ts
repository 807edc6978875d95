import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'node:test';
import { findIsal } from '../../src/tar/isal/library.ts';
import { makeImage, makeLayer, oldDockerArchive, tarOf } from '../support/archives.ts';
import { createTestStore, type TestStore } from '../support/command.ts';
import { startFakeRegistry } from '../support/fake-registry.ts';

/** Large enough for ISA-L on both ways. */
const layer = makeLayer({
  words: 'words and words\n'.repeat(60_000),
  noise: randomBytes(400_000).toString('hex'),
});

async function layerThere(store: TestStore, name: string): Promise<unknown> {
  const manifest = JSON.parse(await store.ok(['manifest', 'inspect', '--insecure', name])) as {
    layers: { digest: string }[];
  };
  return manifest.layers[0]?.digest;
}

async function loaded(store: TestStore, name: string): Promise<void> {
  await store.ok(['load'], { input: tarOf(oldDockerArchive([makeImage([layer], [name])])) });
}

test('what is pushed with ISA-L is pulled without it, and the other way round', async (t) => {
  const { isal } = findIsal();
  if (isal === undefined) t.diagnostic('ISA-L is not installed: both ways are those of zlib');
  await using registry = await startFakeRegistry();
  const ways = { with: {}, without: { LAMELLA_ISAL: 'off' } };
  const there: unknown[] = [];
  for (const [maker, taker] of [
    ['with', 'without'],
    ['without', 'with'],
  ] as const) {
    const name = `${registry.domain}/team/${maker}:1`;
    const [from, to] = [createTestStore(t, ways[maker]), createTestStore(t, ways[taker])];
    await loaded(from, name);
    await from.ok(['push', '-q', name]);
    await to.ok(['pull', '-q', name]);
    const [diffId] = JSON.parse(await to.ok(['inspect', '-f', '{{json .RootFS.Layers}}', name])) as string[];
    assert.equal(diffId, layer.diffId);
    assert.match(await to.ok(['system', 'check']), /Everything is as it should be/);
    there.push(await layerThere(to, name));
  }
  assert.equal(there[0] !== there[1], isal !== undefined, 'the two make different bytes of the same tar');
});

test('a library that is none is passed over, and info says why', async (t) => {
  await using registry = await startFakeRegistry();
  const name = `${registry.domain}/team/app:1`;
  const store = createTestStore(t);
  const wrong = join(store.root, 'libisal.so.2');
  writeFileSync(wrong, 'no library');
  const env = { LAMELLA_ISAL: wrong };
  await loaded(store, name);
  await store.ok(['push', '-q', name], { env });
  assert.match(await store.ok(['info'], { env }), /libisal: not found \(optional.*apt install libisal2/);
});

test('a damaged layer does not leave, whatever compresses it', async (t) => {
  await using registry = await startFakeRegistry();
  for (const env of [{}, { LAMELLA_ISAL: 'off' }]) {
    const name = `${registry.domain}/team/app:1`;
    const store = createTestStore(t, env);
    await loaded(store, name);
    const tar = join(store.root, 'layers', layer.diffId.replace('sha256:', ''), 'tar');
    const bytes = Buffer.from(layer.tar);
    bytes[700_000] = (bytes[700_000] ?? 0) ^ 1;
    writeFileSync(tar, bytes);
    const { code, stderr } = await store.run(['push', '-q', name]);
    assert.notEqual(code, 0);
    assert.match(stderr, /is damaged: bytes 655360–720896/);
    assert.equal(registry.count('PUT', /manifests/), 0);
  }
});
