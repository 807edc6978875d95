import { ensureLoaded } from '../engines/images.ts';
import { imageName } from '../fixtures/fixtures.ts';
import { timed } from '../harness/timed.ts';
import { atMost, type Measure } from './measure.ts';

export const rmi: Measure<'rmi'> = {
  name: 'rmi',
  rounds: 3,
  metrics: { rmi: { title: 'rmi of that image', unit: 'seconds', goal: atMost(0.1, 'docker') } },
  before: (engine, { fixtures }) => ensureLoaded(engine, fixtures.image, imageName),
  run: (engine) => ({ rmi: timed(engine.command('rmi', imageName)).seconds }),
};
