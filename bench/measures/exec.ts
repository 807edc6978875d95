import { timed } from '../harness/timed.ts';
import { ensureGone, startIdle } from './idle-container.ts';
import { atMost, type Measure } from './measure.ts';

const container = 'bench-exec';

export const exec: Measure<'exec'> = {
  name: 'exec',
  rounds: 9,
  metrics: { exec: { title: 'exec … true', unit: 'seconds', goal: atMost(0.8, 'docker') } },
  setup: (engine, { fixtures }) => startIdle(engine, fixtures, container),
  run: (engine) => ({ exec: timed(engine.command('exec', container, 'true')).seconds }),
  teardown: (engine) => ensureGone(engine, container),
};
