import assert from 'node:assert/strict';
import test from 'node:test';
import { openImageLab } from '../../test/support/images.ts';
import { isLamellaError } from '../base/errors.ts';
import { parseReference } from '../oci/reference.ts';
import { createCollector } from './collector.ts';
import { newOperation } from './operations.ts';

test('undo() of a tag lets it point where it did before', async (t) => {
  const lab = openImageLab(t);
  const a = await lab.add({ label: 'a', names: ['app:1'] });
  const b = await lab.add({ label: 'b' });
  assert.equal(lab.images.tag(b.id, parseReference('app:1')), a.id);
  const report = lab.images.undo();
  assert.equal(report.command, 'tag');
  assert.deepEqual(
    report.moves.map(({ name, from, to }) => [name, from, to]),
    [['app:1', b.id, a.id]],
  );
  assert.equal(lab.images.find('app:1').id, a.id);
});

test('undo() of rmi brings back the image, its parents, tags and digests', async (t) => {
  const lab = openImageLab(t);
  const base = await lab.add({ label: 'base', layers: ['os'] });
  const digestName = `registry.test/app@sha256:${'a'.repeat(64)}`;
  const names = ['registry.test/app:1', digestName];
  const app = await lab.add({ label: 'app', layers: ['os', 'app'], parentId: base.id, names });
  const before = lab.images.list({ all: true });
  lab.images.remove('registry.test/app:1');
  assert.deepEqual(lab.images.list({ all: true }), []);
  const report = lab.images.undo();
  assert.deepEqual(new Set(report.restored), new Set([app.id, base.id]));
  assert.deepEqual(lab.images.list({ all: true }), before);
});

test('undo() of an import removes the image again, unless something else uses it', async (t) => {
  const lab = openImageLab(t);
  await lab.add({ label: 'a', names: ['a:1'] });
  lab.images.undo();
  assert.deepEqual(lab.images.list(), []);
  const b = await lab.add({ label: 'b', names: ['b:1'] });
  lab.container('c', b.id);
  lab.images.undo();
  assert.deepEqual(
    lab.images.list().map(({ id, repoTags }) => [id, repoTags]),
    [[b.id, []]],
  );
});

test('undo() takes back all calls of one operation together', async (t) => {
  const lab = openImageLab(t);
  const command = newOperation('load');
  await lab.add({ label: 'a', names: ['a:1'], command });
  await lab.add({ label: 'b', names: ['b:1', 'b:2'], command });
  assert.equal(lab.images.undo().moves.length, 3);
  assert.deepEqual(lab.images.list({ all: true }), []);
});

test('a second undo() goes further back, and a last one has nothing to undo', async (t) => {
  const lab = openImageLab(t);
  const a = await lab.add({ label: 'a', names: ['app:1'] });
  await lab.add({ label: 'b', names: ['app:1'] });
  lab.images.remove('app:1');
  lab.images.undo();
  lab.images.undo();
  assert.equal(lab.images.find('app:1').id, a.id);
  lab.images.undo();
  assert.deepEqual(lab.images.list(), []);
  assert.throws(
    () => lab.images.undo(),
    (error) => isLamellaError(error, 'not-found') && error.code === 'nothing-to-undo',
  );
});

test('undo() of one reference leaves newer operations on others', async (t) => {
  const lab = openImageLab(t);
  const a = await lab.add({ label: 'a', names: ['a:1'] });
  lab.images.tag(a.id, parseReference('a:2'));
  await lab.add({ label: 'b', names: ['b:1'] });
  lab.images.undo(parseReference('a:2'));
  assert.deepEqual(
    lab.images.list().flatMap(({ repoTags }) => repoTags),
    ['b:1', 'a:1'],
  );
});

test('undo() refuses when the tag has moved since, and changes nothing', async (t) => {
  const lab = openImageLab(t);
  const both = newOperation('load');
  await lab.add({ label: 'a', names: ['x:1'], command: both });
  await lab.add({ label: 'b', names: ['y:1'], command: both });
  const c = await lab.add({ label: 'c', names: ['x:1'] });
  assert.throws(
    () => lab.images.undo(parseReference('y:1')),
    (error) => isLamellaError(error, 'conflict') && error.message === 'cannot undo load: x:1 has moved since',
  );
  assert.equal(lab.images.find('x:1').id, c.id);
  lab.images.find('y:1');
});

test('undo() refuses when the content has been collected', async (t) => {
  const lab = openImageLab(t);
  await lab.add({ label: 'a', names: ['a:1'] });
  lab.images.remove('a:1');
  const collect = async (): Promise<{ freed: number }> => ({ freed: 0 });
  const collector = createCollector({
    db: lab.db,
    layers: { collect },
    blobs: { collect },
    now: () => lab.clock,
    freeShare: async () => 0.5,
  });
  await collector.run(await collector.plan({ undoWindow: 0 }));
  assert.throws(
    () => lab.images.undo(),
    (error) => isLamellaError(error, 'conflict') && error.code === 'undo-collected',
  );
});

test('what changes nothing is not in the log', async (t) => {
  const lab = openImageLab(t);
  const a = await lab.add({ label: 'a', names: ['a:1'] });
  lab.images.tag(a.id, parseReference('a:1'));
  await lab.images.add(
    { config: await lab.images.configBytes(a.id), names: [parseReference('a:1')] },
    'load',
  );
  assert.equal(lab.images.log(parseReference('a:1')).length, 1);
});

test('log() tells who moved a tag, with which command, from where to where', async (t) => {
  const lab = openImageLab(t);
  const a = await lab.add({ label: 'a', names: ['app'] });
  const b = await lab.add({ label: 'b', names: ['app'] });
  lab.images.remove('app');
  lab.images.undo();
  assert.deepEqual(
    lab.images
      .log(parseReference('app'))
      .map((move) => [move.index, move.command, move.from, move.to, move.who]),
    [
      [0, 'undo', undefined, b.id, 'tester'],
      [1, 'rmi', b.id, undefined, 'tester'],
      [2, 'import', a.id, b.id, 'tester'],
      [3, 'import', undefined, a.id, 'tester'],
    ],
  );
});

test('adding an image that was removed brings it back with its parent', async (t) => {
  const lab = openImageLab(t);
  const a = await lab.add({ label: 'a', names: ['a:1'] });
  const config = await lab.images.configBytes(a.id);
  lab.images.remove('a:1');
  assert.equal(lab.images.get(a.id), undefined);
  await lab.images.add({ config, names: [parseReference('a:2')] }, 'load');
  assert.deepEqual(lab.images.list()[0]?.repoTags, ['a:2']);
});

test('undo() removes an image that had come back to children which did without it', async (t) => {
  const lab = openImageLab(t);
  const parent = await lab.add({ label: 'parent' });
  lab.images.prune();
  await lab.add({ label: 'child', parentId: parent.id });
  const before = lab.images.list({ all: true });
  await lab.add({ label: 'parent' });
  lab.images.undo();
  assert.deepEqual(lab.images.list({ all: true }), before);
});
