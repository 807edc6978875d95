import { succeeds, timed } from '../harness/timed.ts';
import type { Engine } from './engine.ts';

/** Loads an archive unless the engine has its image already. */
export function ensureLoaded(engine: Engine, archive: string, reference: string): void {
  if (succeeds(engine.command('image', 'inspect', reference))) return;
  timed(engine.command('load', '-i', engine.see(archive)));
}

/** Removes an image with everything that only it used, if the engine has it. */
export function ensureAbsent(engine: Engine, reference: string): void {
  succeeds(engine.command('rmi', '-f', reference));
}
