import { ensureAbsent } from '../engines/images.ts';
import { imageGzipName, imageName } from '../fixtures/fixtures.ts';
import { timed } from '../harness/timed.ts';
import type { Measure } from './measure.ts';

export const loadGzip: Measure<'load-gzip'> = {
  name: 'load-gzip',
  rounds: 3,
  metrics: { 'load-gzip': { title: 'load, the same in gzip layers', unit: 'seconds' } },
  before(engine) {
    for (const name of [imageGzipName, imageName]) ensureAbsent(engine, name);
  },
  run: (engine, { fixtures }) => ({
    'load-gzip': timed(engine.command('load', '-i', engine.see(fixtures.imageGzip))).seconds,
  }),
  teardown: (engine) => ensureAbsent(engine, imageGzipName),
};
