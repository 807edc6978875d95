import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { ensureLoaded } from '../engines/images.ts';
import { imageName } from '../fixtures/fixtures.ts';
import { timed } from '../harness/timed.ts';
import { atMost, type Measure } from './measure.ts';

export const save: Measure<'save'> = {
  name: 'save',
  rounds: 3,
  metrics: { save: { title: 'save, 820 MB in 8 layers', unit: 'seconds', goal: atMost(0.25, 'docker') } },
  before: (engine, { fixtures }) => ensureLoaded(engine, fixtures.image, imageName),
  run(engine, { out }) {
    const file = join(out, 'saved.tar');
    const { seconds } = timed(engine.command('save', '-o', engine.see(file), imageName));
    rmSync(file);
    return { save: seconds };
  },
};
