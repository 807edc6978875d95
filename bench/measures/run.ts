import { ensureLoaded } from '../engines/images.ts';
import { imageName } from '../fixtures/fixtures.ts';
import { timed } from '../harness/timed.ts';
import { atMost, type Measure } from './measure.ts';

export const run: Measure<'run'> = {
  name: 'run',
  rounds: 9,
  metrics: {
    run: { title: 'run --rm --network none … true', unit: 'seconds', goal: atMost(0.5, 'docker') },
  },
  setup: (engine, { fixtures }) => ensureLoaded(engine, fixtures.image, imageName),
  run(engine) {
    const flags = ['--rm', '--network', 'none', ...engine.runFlags];
    return { run: timed(engine.command('run', ...flags, imageName, 'true')).seconds };
  },
};
