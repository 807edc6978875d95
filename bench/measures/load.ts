import { ensureAbsent } from '../engines/images.ts';
import { imageName } from '../fixtures/fixtures.ts';
import { settle } from '../harness/caches.ts';
import { diskUsed } from '../harness/disk.ts';
import { timed } from '../harness/timed.ts';
import { atMost, below, type Measure } from './measure.ts';

export const load: Measure<'load' | 'load-synced' | 'load-memory' | 'load-disk'> = {
  name: 'load',
  rounds: 3,
  metrics: {
    load: { title: 'load, 820 MB in 8 layers', unit: 'seconds', goal: atMost(0.3, 'docker') },
    'load-synced': { title: 'load, until all of it is on disk', unit: 'seconds' },
    'load-memory': { title: 'load, peak memory', unit: 'bytes', goal: below(200e6) },
    'load-disk': { title: 'load, disk used', unit: 'bytes', goal: atMost(1, 'docker') },
  },
  before: (engine) => ensureAbsent(engine, imageName),
  run(engine, { fixtures }) {
    const empty = diskUsed(engine.data);
    engine.daemon?.resetPeak();
    const cost = timed(engine.command('load', '-i', engine.see(fixtures.image)));
    const rest = settle();
    return {
      load: cost.seconds,
      'load-synced': cost.seconds + rest,
      'load-memory': cost.peak + (engine.daemon?.peak() ?? 0),
      'load-disk': diskUsed(engine.data) - empty,
    };
  },
};
