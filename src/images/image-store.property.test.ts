import assert from 'node:assert/strict';
import test from 'node:test';
import * as fc from 'fast-check';
import { type ImageLab, openImageLab } from '../../test/support/images.ts';
import { isLamellaError } from '../base/errors.ts';
import type { Digest } from '../oci/digest.ts';
import { parseReference } from '../oci/reference.ts';

type Step =
  | { readonly kind: 'add'; readonly recipe: number; readonly name: number | undefined }
  | { readonly kind: 'tag'; readonly from: number; readonly to: number }
  | { readonly kind: 'remove'; readonly name: number; readonly force: boolean }
  | { readonly kind: 'removeById'; readonly recipe: number; readonly force: boolean }
  | { readonly kind: 'prune'; readonly all: boolean };

const name = fc.integer({ min: 0, max: 4 });
const recipe = fc.integer({ min: 0, max: 5 });
const steps = fc.array(
  fc.oneof<fc.Arbitrary<Step>[]>(
    fc.record({ kind: fc.constant('add'), recipe, name: fc.option(name, { nil: undefined }) }),
    fc.record({ kind: fc.constant('tag'), from: name, to: name }),
    fc.record({ kind: fc.constant('remove'), name, force: fc.boolean() }),
    fc.record({ kind: fc.constant('removeById'), recipe, force: fc.boolean() }),
    fc.record({ kind: fc.constant('prune'), all: fc.boolean() }),
  ),
  { maxLength: 14 },
);

const names = ['a:1', 'a:2', 'b:1', `a@sha256:${'a'.repeat(64)}`, `b@sha256:${'b'.repeat(64)}`];

/** Recipes 3–5 are children of 0–2, so that parents come and go as well. */
async function play(lab: ImageLab, step: Step, ids: Map<number, Digest>): Promise<void> {
  if (step.kind === 'add') {
    const parent = step.recipe >= 3 ? ids.get(step.recipe - 3) : undefined;
    const layers = step.recipe >= 3 ? [`${step.recipe - 3}`, `${step.recipe}`] : [`${step.recipe}`];
    const { id } = await lab.add({
      label: `${step.recipe}`,
      created: `2026-01-01T00:00:0${step.recipe}Z`,
      layers,
      names: step.name === undefined ? [] : [names[step.name] ?? ''],
      ...(parent !== undefined && !ids.has(step.recipe) && { parentId: parent }),
    });
    ids.set(step.recipe, id);
  } else if (step.kind === 'tag') {
    const to = names[step.to % 3] ?? '';
    lab.images.tag(lab.images.find(names[step.from] ?? '').id, parseReference(to));
  } else if (step.kind === 'prune') lab.images.prune({ all: step.all });
  else {
    const text = step.kind === 'remove' ? names[step.name] : ids.get(step.recipe);
    lab.images.remove(text ?? 'nosuch', { force: step.force });
  }
}

function stateOf(lab: ImageLab): unknown {
  return lab.images.list({ all: true, sharedSize: true });
}

function operationCount(lab: ImageLab): number {
  return lab.db.get<{ n: number }>('SELECT count(*) AS n FROM operations')?.n ?? 0;
}

/** What must hold whatever was done. */
function assertSound(lab: ImageLab): void {
  const dangling = lab.db.all(
    `SELECT name FROM tags JOIN images ON id = image_id WHERE removed_at IS NOT NULL
     UNION ALL SELECT name FROM repo_digests JOIN images ON id = image_id WHERE removed_at IS NOT NULL`,
  );
  assert.deepEqual(dangling, [], 'a name points to a removed image');
  for (const { name: full, image_id: id } of lab.db.all<{ name: string; image_id: Digest }>(
    'SELECT * FROM tags',
  )) {
    const [newest] = lab.images.log(parseReference(full));
    assert.equal(newest?.to, id, 'the log does not end where the tag stands');
  }
}

test('whatever was done, undo() right after it restores every name and image', async (t) => {
  await fc.assert(
    fc.asyncProperty(steps, async (sequence) => {
      const lab = openImageLab(t);
      const ids = new Map<number, Digest>();
      for (const step of sequence) {
        const before = stateOf(lab);
        const count = operationCount(lab);
        try {
          await play(lab, step, ids);
        } catch (error) {
          if (!isLamellaError(error)) throw error;
          assert.deepEqual(stateOf(lab), before, 'a refused command changed something');
          continue;
        }
        assertSound(lab);
        const after = stateOf(lab);
        if (operationCount(lab) === count) {
          assert.deepEqual(after, before, 'a change was not logged');
          continue;
        }
        lab.images.undo();
        assertSound(lab);
        assert.deepEqual(stateOf(lab), before);
        await play(lab, step, ids);
        assert.deepEqual(stateOf(lab), after, 'the same command did something else the second time');
      }
    }),
    { numRuns: 40 },
  );
});
