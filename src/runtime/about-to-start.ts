import { readFileSync } from 'node:fs';
import { currentOwner, isOwnerAlive } from '../db/process-owner.ts';
import type { ContainerPaths } from './container-paths.ts';
import type { ContainerStatus } from './types.ts';

/**
 * Whether another process has made the container and lives: `run` starts what it has made, and nobody may take it away in
 * between. One that `create` has made is anybody's as soon as that command has ended.
 */
export function isAboutToStart(status: ContainerStatus, { owner }: ContainerPaths): boolean {
  if (status !== 'created') return false;
  try {
    const maker = readFileSync(owner, 'utf8');
    return maker !== currentOwner() && isOwnerAlive(maker);
  } catch {
    return false;
  }
}
