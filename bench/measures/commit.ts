import { ensureAbsent, ensureLoaded } from '../engines/images.ts';
import { imageName } from '../fixtures/fixtures.ts';
import { succeeds, timed } from '../harness/timed.ts';
import { atMost, type Measure } from './measure.ts';

const container = 'bench-changed';
const name = 'docker.io/bench/changed:1';

/** A good 300 MB (du says 326) in 12,000 files of all sizes, and a folder of documents taken away. */
const change =
  'cp -a /usr/lib/gcc /usr/lib/postgresql /usr/lib/git-core /usr/share /srv && rm -rf /usr/share/doc';

export const commit: Measure<'commit'> = {
  name: 'commit',
  rounds: 3,
  metrics: { commit: { title: 'commit, 300 MB of changes', unit: 'seconds', goal: atMost(0.4, 'docker') } },
  setup(engine, { fixtures }) {
    ensureLoaded(engine, fixtures.image, imageName);
    const flags = ['--name', container, '--network', 'none', ...engine.runFlags];
    timed(engine.command('run', ...flags, imageName, 'sh', '-c', change));
  },
  before: (engine) => ensureAbsent(engine, name),
  run: (engine) => ({ commit: timed(engine.command('commit', container, name)).seconds }),
  teardown(engine) {
    ensureAbsent(engine, name);
    succeeds(engine.command('rm', '-f', container));
  },
};
