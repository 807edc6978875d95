import { ensureAbsent, ensureLoaded } from '../engines/images.ts';
import type { Engine } from '../engines/engine.ts';
import { imageName } from '../fixtures/fixtures.ts';
import { timed } from '../harness/timed.ts';
import { atMost, type Bench, type Goal, type Measure } from './measure.ts';

const first = 'docker.io/bench/many:1';
const eleventh = 'docker.io/bench/many:11';

export const listTen: Measure = listing(10, atMost(1, 'podman'), (engine, { fixtures }) => {
  ensureAbsent(engine, imageName);
  ensureLoaded(engine, fixtures.tenImages, first);
});

export const listThousand: Measure = listing(1000, atMost(0.5, 'docker'), (engine, { fixtures }) => {
  ensureAbsent(engine, imageName);
  ensureLoaded(engine, fixtures.tenImages, first);
  ensureLoaded(engine, fixtures.manyImages, eleventh);
});

/** Nothing takes these images away again: what measures something else comes before. */
function listing(count: number, goal: Goal, setup: (engine: Engine, bench: Bench) => void): Measure {
  const id = `images-${count}`;
  return {
    name: id,
    rounds: 9,
    metrics: { [id]: { title: `images, ${count} of them`, unit: 'seconds', goal } },
    setup,
    run(engine) {
      const { seconds, stdout } = timed(engine.command('images'));
      const rows = stdout.trimEnd().split('\n').length - 1;
      if (rows !== count) throw new Error(`${engine.name} images printed ${rows} rows instead of ${count}`);
      return { [id]: seconds };
    },
  };
}
