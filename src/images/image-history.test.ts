import assert from 'node:assert/strict';
import test from 'node:test';
import { openImageLab } from '../../test/support/images.ts';

const steps = [
  { created: '2026-01-01T00:00:00Z', createdBy: 'ADD os' },
  { created: '2026-01-02T00:00:00Z', createdBy: 'ENV a=b', emptyLayer: true },
  { created: '2026-01-03T00:00:00Z', createdBy: 'COPY app', comment: 'buildkit' },
];

test('history() gives the newest step first, sizes to those with a layer, and IDs as far as parents are here', async (t) => {
  const lab = openImageLab(t);
  const env = await lab.add({ label: 'env', layers: ['os'], history: steps.slice(0, 2), names: ['env:1'] });
  const app = await lab.add({
    label: 'app',
    layers: ['os', 'app'],
    history: steps,
    names: ['app:1', 'app:2', `app@sha256:${'a'.repeat(64)}`],
    parentId: env.id,
  });
  assert.deepEqual(
    (await lab.images.history(app.id)).map(({ id, createdBy, size, tags, comment }) => [
      id,
      createdBy,
      size,
      tags,
      comment,
    ]),
    [
      [app.id, 'COPY app', 1003, ['app:1', 'app:2'], 'buildkit'],
      [env.id, 'ENV a=b', 0, ['env:1'], ''],
      [undefined, 'ADD os', 1002, [], ''],
    ],
  );
});

test('history() of an image whose config lists more layers than there are is refused', async (t) => {
  const lab = openImageLab(t);
  const { id } = await lab.add({ layers: ['os'], history: steps });
  await assert.rejects(lab.images.history(id), { message: 'too many non-empty layers in History section' });
});
