import assert from 'node:assert/strict';
import test from 'node:test';
import { type ImageLab, openImageLab } from '../../test/support/images.ts';
import { parseReference } from '../oci/reference.ts';
import { createCollector } from './collector.ts';
import { trimOperations } from './trim-operations.ts';

const day = 86_400_000;
const name = (text: string): ReturnType<typeof parseReference> => parseReference(`${text}:latest`);

function operations(lab: ImageLab): number {
  return lab.db.get<{ count: number }>('SELECT count(*) AS count FROM operations')?.count ?? 0;
}

/** The tag moves between two images, again and again. */
function moveOften(lab: ImageLab, tag: string, ids: readonly [string, string], times: number): void {
  lab.db.transaction(() => {
    for (let count = 0; count < times; count += 1) {
      lab.images.tag(ids[count % 2] as Parameters<typeof lab.images.tag>[0], name(tag));
    }
  });
}

async function labWithTwo(
  t: Parameters<typeof openImageLab>[0],
): Promise<{ lab: ImageLab; ids: [string, string] }> {
  const lab = openImageLab(t);
  const one = await lab.add({ label: 'one', names: ['one'] });
  const two = await lab.add({ label: 'two', names: ['two'] });
  return { lab, ids: [one.id, two.id] };
}

test('the newest thousand operations stay, older ones for thirty days', async (t) => {
  const { lab, ids } = await labWithTwo(t);
  moveOften(lab, 'busy', ids, 1500);
  assert.equal(trimOperations(lab.db, lab.clock), 0);
  lab.clock += 31 * day;
  trimOperations(lab.db, lab.clock);
  // Those that brought the two images stay besides.
  assert.equal(operations(lab), 1002);
  assert.equal(lab.images.log(name('busy')).length, 1000);
});

test('never more than ten thousand operations stay, however young', async (t) => {
  const { lab, ids } = await labWithTwo(t);
  moveOften(lab, 'busy', ids, 10_500);
  trimOperations(lab.db, lab.clock);
  assert.equal(operations(lab), 10_002);
});

test('what undo can take back stays, however old, and can be taken back', async (t) => {
  const { lab, ids } = await labWithTwo(t);
  lab.images.tag(ids[0] as never, name('quiet'));
  // The second move of it was undone: the first one is the one that counts again.
  lab.images.tag(ids[1] as never, name('quiet'));
  lab.images.undo(name('quiet'));
  moveOften(lab, 'busy', ids, 1500);
  lab.clock += 400 * day;
  trimOperations(lab.db, lab.clock);
  assert.equal(operations(lab), 1003, 'the two that brought images, and the one of the quiet name');
  const { moves } = lab.images.undo(name('quiet'));
  assert.deepEqual(
    moves.map(({ from, to }) => [from, to]),
    [[ids[0], undefined]],
  );
  assert.throws(() => lab.images.undo(name('quiet')), { code: 'nothing-to-undo' });
});

test('undo gives for every name what it gave before the log was trimmed', async (t) => {
  const { lab, ids } = await labWithTwo(t);
  for (let round = 0; round < 40; round += 1) {
    const tag = `t${round % 7}`;
    lab.images.tag(ids[round % 2] as never, name(tag));
    if (round % 3 === 0) lab.images.undo(name(tag));
    if (round % 11 === 10) lab.images.remove(tag);
  }
  moveOften(lab, 'busy', ids, 1200);
  lab.clock += 31 * day;
  const outcome = (tag: string): unknown => {
    let moved: unknown;
    try {
      lab.db.transaction(() => {
        try {
          moved = lab.images.undo(name(tag)).moves.map(({ name, from, to }) => ({ name, from, to }));
        } catch (error) {
          moved = (error as { code: string }).code;
        }
        throw new Error('taken back');
      });
    } catch {
      // Only what it would do was asked for.
    }
    return moved;
  };
  const tags = ['t0', 't1', 't2', 't3', 't4', 't5', 't6', 'one', 'two'];
  const before = tags.map(outcome);
  assert.ok(trimOperations(lab.db, lab.clock) > 200);
  assert.deepEqual(tags.map(outcome), before);
});

test('a collection trims the log', async (t) => {
  const { lab, ids } = await labWithTwo(t);
  moveOften(lab, 'busy', ids, 1100);
  lab.clock += 31 * day;
  const collector = createCollector({
    db: lab.db,
    layers: { collect: async () => ({ freed: 0 }) },
    blobs: lab.blobs,
    now: () => lab.clock,
    freeShare: async () => 0.5,
  });
  await collector.run(await collector.plan());
  assert.equal(operations(lab), 1002);
});
