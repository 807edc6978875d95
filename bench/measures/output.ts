import { ensureLoaded } from '../engines/images.ts';
import { imageName } from '../fixtures/fixtures.ts';
import { timed, type Command } from '../harness/timed.ts';
import { ensureGone } from './idle-container.ts';
import { atMost, type Measure } from './measure.ts';

const container = 'bench-output';
const megabytes = 100;
/** Lines of 100 bytes, as programs log them. */
const writeLines = `yes "$(printf %099d 7)" | head -c ${megabytes}M`;

/** What comes out of a container on an attached pipe, counted at the other end. */
export const output: Measure<'output'> = {
  name: 'output',
  rounds: 3,
  metrics: {
    output: { title: `run, ${megabytes} MB of output to a pipe`, unit: 'seconds', goal: atMost(1, 'docker') },
  },
  setup: (engine, { fixtures }) => ensureLoaded(engine, fixtures.image, imageName),
  run(engine) {
    const flags = ['--rm', '--network', 'none', '--log-driver', 'none', ...engine.runFlags];
    return { output: counted(engine.command('run', ...flags, imageName, 'sh', '-c', writeLines)) };
  },
};

export const logs: Measure<'logs'> = {
  name: 'logs',
  rounds: 3,
  metrics: {
    logs: { title: `logs of ${megabytes} MB`, unit: 'seconds', goal: atMost(1, 'docker') },
  },
  setup(engine, { fixtures }) {
    ensureLoaded(engine, fixtures.image, imageName);
    ensureGone(engine, container);
    const flags = ['--detach', '--name', container, '--network', 'none', ...engine.runFlags];
    timed(engine.command('run', ...flags, imageName, 'sh', '-c', writeLines));
    timed(engine.command('wait', container));
  },
  run: (engine) => ({ logs: counted(engine.command('logs', container)) }),
  teardown: (engine) => ensureGone(engine, container),
};

/** Seconds until all bytes have come through a pipe. Throws when some are missing. */
function counted({ argv, env }: Command): number {
  const { seconds, stdout } = timed({
    argv: ['sh', '-c', '"$@" | wc -c', 'sh', ...argv],
    ...(env && { env }),
  });
  const expected = megabytes * 1024 * 1024;
  if (Number(stdout) !== expected) throw new Error(`${stdout.trim()} of ${expected} bytes came`);
  return seconds;
}
