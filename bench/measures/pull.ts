import { ensureAbsent } from '../engines/images.ts';
import type { Engine } from '../engines/engine.ts';
import { imageName } from '../fixtures/fixtures.ts';
import { timed } from '../harness/timed.ts';
import { atMost, below, registryOf, type Bench, type Measure } from './measure.ts';

const repository = 'bench/debian';

export const pull: Measure<'pull' | 'pull-memory'> = {
  name: 'pull',
  rounds: 3,
  needsRegistry: true,
  metrics: {
    pull: { title: 'pull, 820 MB in 8 gzip layers', unit: 'seconds', goal: atMost(0.4, 'docker') },
    'pull-memory': { title: 'pull, peak memory', unit: 'bytes', goal: below(200e6) },
  },
  before: forgetAll,
  run(engine, bench) {
    engine.daemon?.resetPeak();
    const cost = timed(pullOf(engine, pulled(bench, 'gzip')));
    return { pull: cost.seconds, 'pull-memory': cost.peak + (engine.daemon?.peak() ?? 0) };
  },
};

/** Stands in one group with {@link pull}, which leaves the image that is asked for here. */
export const pullAgain: Measure<'pull-again'> = {
  name: 'pull-again',
  rounds: 3,
  needsRegistry: true,
  metrics: {
    'pull-again': { title: 'pull, of what is here already', unit: 'seconds', goal: atMost(0.5, 'docker') },
  },
  run: (engine, bench) => ({ 'pull-again': timed(pullOf(engine, pulled(bench, 'gzip'))).seconds }),
  teardown: (engine, bench) => ensureAbsent(engine, pulled(bench, 'gzip')),
};

export const pullZstd: Measure<'pull-zstd'> = {
  name: 'pull-zstd',
  rounds: 3,
  needsRegistry: true,
  metrics: {
    'pull-zstd': { title: 'pull, the same in zstd layers', unit: 'seconds', goal: atMost(0.4, 'docker') },
  },
  before: forgetAll,
  run: (engine, bench) => ({ 'pull-zstd': timed(pullOf(engine, pulled(bench, 'zstd'))).seconds }),
  teardown: (engine, bench) => ensureAbsent(engine, pulled(bench, 'zstd')),
};

export const pullSlow: Measure<'pull-slow'> = {
  name: 'pull-slow',
  rounds: 3,
  needsRegistry: true,
  metrics: {
    'pull-slow': {
      title: 'pull over a line that lags and breaks',
      unit: 'seconds',
      goal: atMost(1, 'docker'),
    },
  },
  before: forgetAll,
  run: (engine, bench) => ({ 'pull-slow': timed(pullOf(engine, slow(bench))).seconds }),
  teardown: (engine, bench) => ensureAbsent(engine, slow(bench)),
};

/** All these images have the same layers, under different names. */
function forgetAll(engine: Engine, bench: Bench): void {
  for (const name of [pulled(bench, 'gzip'), pulled(bench, 'zstd'), slow(bench), imageName])
    ensureAbsent(engine, name);
}

function pulled(bench: Bench, tag: 'gzip' | 'zstd'): string {
  return `${registryOf(bench).host}/${repository}:${tag}`;
}

function slow(bench: Bench): string {
  return `${registryOf(bench).slowHost}/${repository}:gzip`;
}

function pullOf(engine: Engine, name: string): ReturnType<Engine['command']> {
  return engine.command('pull', ...engine.plainHttpFlags, name);
}
