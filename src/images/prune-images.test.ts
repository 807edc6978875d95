import assert from 'node:assert/strict';
import test, { type TestContext } from 'node:test';
import { type ImageLab, layerDigest, openImageLab } from '../../test/support/images.ts';
import { chainIds } from '../oci/chain-id.ts';
import type { Digest } from '../oci/digest.ts';
import type { PruneOptions } from './prune-images.ts';

async function openFamily(t: TestContext): Promise<{ lab: ImageLab; ids: Record<string, Digest> }> {
  const lab = openImageLab(t);
  const base = await lab.add({ label: 'base', layers: ['os'], created: '2020-01-01T00:00:00Z' });
  const dangling = await lab.add({ label: 'dangling', layers: ['os', 'x'], parentId: base.id });
  const tagged = await lab.add({ label: 'tagged', layers: ['t'], names: ['a:1', 'b:1'] });
  const used = await lab.add({ label: 'used', layers: ['u'], names: ['used:1'] });
  const usedToo = await lab.add({ label: 'usedToo', layers: ['u', 'v'] });
  lab.container('c1', used.id, 'running');
  lab.container('c2', usedToo.id);
  return {
    lab,
    ids: { base: base.id, dangling: dangling.id, tagged: tagged.id, used: used.id, usedToo: usedToo.id },
  };
}

function left(lab: ImageLab): string {
  return lab.images
    .list({ all: true })
    .map(({ labels }) => labels?.['label'])
    .join(' ');
}

test('prune() takes dangling images and their unnamed parents, and counts what their layers held', async (t) => {
  const { lab, ids } = await openFamily(t);
  const [os, x] = chainIds([layerDigest('os'), layerDigest('x')]);
  assert.deepEqual(lab.images.prune(), {
    lines: [{ deleted: ids['dangling'] }, { deleted: x }, { deleted: ids['base'] }, { deleted: os }],
    spaceReclaimed: 1001 + 1002,
  });
  assert.equal(left(lab), 'usedToo used tagged');
});

test('prune() of all takes every image that no container uses, one line for each of its names', async (t) => {
  const { lab, ids } = await openFamily(t);
  const { lines } = lab.images.prune({ all: true });
  assert.deepEqual(lines.slice(0, 4), [
    { untagged: 'a:1' },
    { untagged: 'b:1' },
    { deleted: ids['tagged'] },
    { deleted: layerDigest('t') },
  ]);
  assert.equal(left(lab), 'usedToo used');
});

const cases: readonly (readonly [options: PruneOptions, left: string])[] = [
  [{ filters: { label: ['label=dangling'] } }, 'usedToo used tagged'],
  [{ filters: { label: ['label=tagged'] } }, 'usedToo used tagged dangling base'],
  [{ all: true, filters: { 'label!': ['label=tagged'] } }, 'usedToo used tagged'],
  [{ filters: { until: ['2020-06-01'] } }, 'usedToo used tagged dangling base'],
  [{ filters: { until: ['0'] } }, 'usedToo used tagged'],
  [{ filters: { dangling: ['false'] } }, 'usedToo used'],
];
for (const [options, expected] of cases) {
  test(`prune(${JSON.stringify(options)}) leaves ${expected}, and its dry run says the same and does nothing`, async (t) => {
    const { lab } = await openFamily(t);
    const before = lab.images.list({ all: true });
    const dry = lab.images.prune({ ...options, dryRun: true });
    assert.deepEqual(lab.images.list({ all: true }), before);
    assert.deepEqual(lab.images.prune(options), dry);
    assert.equal(left(lab), expected);
  });
}

test('prune() is one operation: one undo brings everything back', async (t) => {
  const { lab } = await openFamily(t);
  const before = lab.images.list({ all: true });
  lab.images.prune({ all: true });
  lab.images.undo();
  assert.deepEqual(lab.images.list({ all: true }), before);
});

test('prune() refuses filters in the words of Docker', async (t) => {
  const { lab } = await openFamily(t);
  assert.throws(() => lab.images.prune({ filters: { foo: ['bar'] } }), { message: "invalid filter 'foo'" });
  assert.throws(() => lab.images.prune({ filters: { until: ['1h', '2h'] } }), {
    message: 'more than one until filter specified',
  });
});
