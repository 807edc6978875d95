import { ensureAbsent, ensureLoaded } from '../engines/images.ts';
import type { Engine } from '../engines/engine.ts';
import { imageName } from '../fixtures/fixtures.ts';
import { timed } from '../harness/timed.ts';
import { atMost, registryOf, type Bench, type Measure } from './measure.ts';

/** Each time into an empty repository, of an image that has just come uncompressed: all is compressed, and travels. */
export const push: Measure<'push'> = {
  name: 'push',
  rounds: 3,
  needsRegistry: true,
  metrics: {
    push: { title: 'push, 820 MB that were made here', unit: 'seconds', goal: atMost(0.5, 'docker') },
  },
  before(engine, bench) {
    for (const name of [target(engine, bench), imageName]) ensureAbsent(engine, name);
    registryOf(bench).forget(repository(engine));
    ensureLoaded(engine, bench.fixtures.image, imageName);
    timed(engine.command('tag', imageName, target(engine, bench)));
  },
  run: (engine, bench) => ({ push: pushed(engine, bench) }),
};

/** Stands in one group with {@link push}. */
export const pushAgain: Measure<'push-again'> = {
  name: 'push-again',
  rounds: 3,
  needsRegistry: true,
  metrics: {
    'push-again': { title: 'push, of what is there already', unit: 'seconds', goal: atMost(0.5, 'docker') },
  },
  run: (engine, bench) => ({ 'push-again': pushed(engine, bench) }),
  teardown: (engine, bench) => ensureAbsent(engine, target(engine, bench)),
};

function repository(engine: Engine): string {
  return `pushed/${engine.name}`;
}

function target(engine: Engine, bench: Bench): string {
  return `${registryOf(bench).host}/${repository(engine)}:1`;
}

function pushed(engine: Engine, bench: Bench): number {
  return timed(engine.command('push', ...engine.plainHttpFlags, target(engine, bench))).seconds;
}
