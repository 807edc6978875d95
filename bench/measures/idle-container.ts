import type { Engine } from '../engines/engine.ts';
import { ensureLoaded } from '../engines/images.ts';
import { imageName, type Fixtures } from '../fixtures/fixtures.ts';
import { succeeds, timed } from '../harness/timed.ts';

/** Starts a container that sleeps, in the background, and gives its ID. */
export function startIdle(
  engine: Engine,
  fixtures: Fixtures,
  name: string,
  flags: readonly string[] = ['--network', 'none'],
  command: readonly string[] = ['sleep', '1000000'],
): string {
  ensureLoaded(engine, fixtures.image, imageName);
  ensureGone(engine, name);
  const options = ['--detach', '--name', name, ...flags, ...engine.runFlags];
  return timed(engine.command('run', ...options, imageName, ...command)).stdout.trim();
}

export function ensureGone(engine: Engine, name: string): void {
  succeeds(engine.command('rm', '--force', name));
}
