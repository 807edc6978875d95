import { ensureAbsent } from '../engines/images.ts';
import { timed } from '../harness/timed.ts';
import { atMost, type Bench, type Measure } from './measure.ts';

const name = 'docker.io/bench/root:1';

export const importTar: Measure = importOf('import', 'tar', ({ fixtures }) => fixtures.rootTar);
export const importGzip: Measure = importOf('import-gzip', 'tar.gz', ({ fixtures }) => fixtures.rootGzip);

function importOf(id: string, kind: string, file: (bench: Bench) => string): Measure {
  return {
    name: id,
    rounds: 5,
    metrics: {
      [id]: { title: `import, 197 MB root, ${kind}`, unit: 'seconds', goal: atMost(0.4, 'docker') },
    },
    before: (engine) => ensureAbsent(engine, name),
    run: (engine, bench) => ({
      [id]: timed(engine.command('import', engine.see(file(bench)), name)).seconds,
    }),
    teardown: (engine) => ensureAbsent(engine, name),
  };
}
