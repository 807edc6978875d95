import { ensureLoaded } from '../engines/images.ts';
import { imageName } from '../fixtures/fixtures.ts';
import { dropCaches } from '../harness/caches.ts';
import { timed } from '../harness/timed.ts';
import { atMost, type Measure } from './measure.ts';

/** The container times itself, in nanoseconds, so that its start is not in it. */
const script = `
begin=$(date +%s%N)
find /etc /home /opt /root /srv /usr /var -type f -exec cat {} + >/dev/null
echo $(($(date +%s%N) - begin))`;

export const readCold: Measure = reading('read-cold', 'read every file, cold caches', dropCaches);
export const readWarm: Measure = reading('read-warm', 'read every file, warm caches', undefined);

function reading(id: string, title: string, prepare: (() => void) | undefined): Measure {
  return {
    name: id,
    rounds: 5,
    metrics: { [id]: { title, unit: 'seconds', goal: atMost(1, 'docker') } },
    setup(engine, bench) {
      ensureLoaded(engine, bench.fixtures.image, imageName);
      if (!prepare) this.run(engine, bench);
    },
    run(engine) {
      prepare?.();
      const flags = ['--rm', '--network', 'none', ...engine.runFlags];
      const { stdout } = timed(engine.command('run', ...flags, imageName, 'sh', '-c', script));
      return { [id]: Number(stdout) / 1e9 };
    },
  };
}
