import assert from 'node:assert/strict';
import test, { type TestContext } from 'node:test';
import { type ImageLab, openImageLab } from '../../test/support/images.ts';
import type { Filters } from './filters.ts';

/** A family: base (untagged) ← middle (untagged) ← app:1; a dangling one; other:1 and its second name. */
async function openFamily(t: TestContext): Promise<ImageLab> {
  const lab = openImageLab(t);
  const base = await lab.add({ label: 'base', layers: ['os'] });
  const middle = await lab.add({ label: 'middle', layers: ['os', 'lib'], parentId: base.id });
  await lab.add({ label: 'app', layers: ['os', 'lib', 'app'], parentId: middle.id, names: ['app:1'] });
  await lab.add({ label: 'dangling', layers: ['os'] });
  await lab.add({ label: 'other', layers: ['else'], names: ['team/other:1', 'other'] });
  return lab;
}

function labelsOf(lab: ImageLab, filters: Filters = {}, all = false): string {
  return lab.images
    .list({ all, filters })
    .map(({ labels }) => labels?.['label'] ?? '')
    .join(' ');
}

test('list() shows the newest first and leaves out intermediate images, but with all', async (t) => {
  const lab = await openFamily(t);
  assert.equal(labelsOf(lab), 'other dangling app');
  assert.equal(labelsOf(lab, {}, true), 'other dangling app middle base');
});

test('list() gives all names of an image, and its parent while that is here', async (t) => {
  const lab = await openFamily(t);
  const [other, , app] = lab.images.list();
  assert.deepEqual(other?.repoTags, ['other:latest', 'team/other:1']);
  assert.equal(lab.images.find(app?.parentId ?? '').labels?.['label'], 'middle');
});

const filterCases: readonly (readonly [filters: Filters, all: boolean, expected: string])[] = [
  [{ dangling: ['true'] }, false, 'dangling'],
  [{ dangling: ['1'] }, true, 'dangling'],
  [{ dangling: ['false'] }, false, 'other app'],
  [{ dangling: ['false'] }, true, 'other app'],
  [{ label: ['label=app'] }, false, 'app'],
  [{ label: ['label'] }, false, 'other dangling app'],
  [{ label: ['label', 'nothing'] }, false, ''],
  [{ since: ['app:1'] }, false, 'other dangling'],
  [{ before: ['other'] }, false, 'dangling app'],
  [{ before: ['other', 'app:1'] }, true, 'middle base'],
  [{ since: ['app:1'], before: ['other'] }, false, 'dangling'],
  [{ reference: ['other'] }, false, 'other'],
  [{ reference: ['*/other'] }, false, 'other'],
  [{ reference: ['*:1'] }, false, 'app'],
  [{ reference: ['*/*:1', 'app*'] }, false, 'other app'],
  [{ reference: ['nothing'] }, true, ''],
  [{ until: ['1h'] }, true, ''],
  [{ until: ['2030-01-01'] }, true, 'other dangling app middle base'],
];
for (const [filters, all, expected] of filterCases) {
  test(`list() with ${JSON.stringify(filters)}${all ? ' and all' : ''} shows "${expected}"`, async (t) => {
    assert.equal(labelsOf(await openFamily(t), filters, all), expected);
  });
}

test('list() filtered by reference shows only the names that match', async (t) => {
  const lab = await openFamily(t);
  assert.deepEqual(lab.images.list({ filters: { reference: ['team/*'] } })[0]?.repoTags, ['team/other:1']);
});

test('list() refuses filters in the words of Docker', async (t) => {
  const lab = await openFamily(t);
  const cases: readonly (readonly [Filters, string])[] = [
    [{ foo: ['bar'] }, "invalid filter 'foo'"],
    [{ dangling: ['maybe'] }, "invalid filter 'dangling=[maybe]'"],
    [{ since: ['nosuch'] }, 'No such image: nosuch:latest'],
    [{ until: ['xyz'] }, 'failed to parse value as time or duration: "xyz"'],
    [{ reference: ['['] }, 'syntax error in pattern'],
  ];
  for (const [filters, message] of cases) assert.throws(() => lab.images.list({ filters }), { message });
});

test('list() tells shared from unique sizes, and counts containers', async (t) => {
  const lab = await openFamily(t);
  lab.container('c', lab.images.find('app:1').id);
  const [other, dangling, app] = lab.images.list({ sharedSize: true });
  assert.deepEqual([other?.size, other?.sharedSize, other?.containers], [1004, 0, 0]);
  assert.deepEqual([dangling?.size, dangling?.sharedSize], [1002, 1002]);
  assert.deepEqual([app?.size, app?.sharedSize, app?.containers], [3008, 2005, 1]);
  assert.deepEqual(lab.images.diskUsage().layersSize, 1002 + 1003 + 1003 + 1004);
  assert.equal(lab.images.diskUsage().reclaimable, 1004);
});

test('list() of 1,000 images takes milliseconds', async (t) => {
  const lab = openImageLab(t);
  lab.db.transaction(() => {
    for (let n = 0; n < 1000; n += 1) {
      const id = `sha256:${n.toString(16).padStart(64, '0')}`;
      lab.db.run(
        `INSERT INTO images (id, created, created_at, size, os, architecture, variant, labels, stored_at)
         VALUES (?, '', ?, 1, 'linux', 'amd64', '', '{"a":"b"}', 0)`,
        id,
        n,
      );
      lab.db.run(
        'INSERT INTO tags (name, image_id, tagged_at) VALUES (?, ?, 0)',
        `docker.io/library/a:${n}`,
        id,
      );
    }
  });
  lab.images.list();
  const start = performance.now();
  assert.equal(lab.images.list().length, 1000);
  const took = performance.now() - start;
  t.diagnostic(`${took.toFixed(1)} ms`);
  assert.ok(took < 100, `${took} ms`);
});
