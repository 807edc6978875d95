import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Engine } from '../engines/engine.ts';
import { ensureLoaded } from '../engines/images.ts';
import { imageName } from '../fixtures/fixtures.ts';
import { succeeds, timed, type Command } from '../harness/timed.ts';
import { atMost, below, type Measure } from './measure.ts';

const count = 20;
const numbers = Array.from({ length: count }, (_, index) => index + 1);
const nameOf = (number: number | string): string => `bench-many-${number}`;

/** Twenty clients at the same time, until the last one has ended. */
const script = `i=0; while [ $i -lt ${count} ]; do i=$((i + 1)); "$@" --name ${nameOf('$i')} ${imageName} sleep 1000000 & done >/dev/null; wait`;

export const manyAtOnce: Measure<'many-start' | 'many-memory'> = {
  name: 'many-at-once',
  rounds: 3,
  metrics: {
    'many-start': {
      title: `${count} containers started at once`,
      unit: 'seconds',
      goal: atMost(0.5, 'docker'),
    },
    'many-memory': { title: 'memory held for each idle container', unit: 'bytes', goal: below(5e6) },
  },
  setup: (engine, { fixtures }) => ensureLoaded(engine, fixtures.image, imageName),
  before: remove,
  run(engine) {
    const flags = ['--detach', '--network', 'none', '--label', 'bench', ...engine.runFlags];
    const { argv, env } = engine.command('run', ...flags);
    const all: Command = { argv: ['sh', '-c', script, 'sh', ...argv], ...(env && { env }) };
    const { seconds } = timed(all);
    const ids = timed(engine.command('ps', '--quiet', '--no-trunc', '--filter', 'label=bench')).stdout;
    const running = ids.split('\n').filter((id) => id !== '');
    if (running.length !== count) throw new Error(`${running.length} of ${count} containers run`);
    const held = running.map(heldFor);
    return { 'many-start': seconds, 'many-memory': held.reduce((sum, bytes) => sum + bytes, 0) / count };
  },
  teardown: remove,
};

function remove(engine: Engine): void {
  succeeds(engine.command('rm', '--force', ...numbers.map(nameOf)));
}

/** What the engine's own processes for a container hold, in bytes (PSS): those that have its ID on their command line. */
function heldFor(id: string): number {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .reduce((sum, pid) => sum + proportionalSize(join('/proc', pid), id), 0);
}

function proportionalSize(process: string, id: string): number {
  try {
    if (!readFileSync(join(process, 'cmdline'), 'utf8').includes(id)) return 0;
    return Number(/^Pss:\s+(\d+) kB$/m.exec(readFileSync(join(process, 'smaps_rollup'), 'utf8'))?.[1]) * 1024;
  } catch {
    // It has ended meanwhile.
    return 0;
  }
}
