import { readFile, rm, writeFile } from 'node:fs/promises';
import { unlessMissing } from '../base/files.ts';
import { currentOwner, isOwnerAlive } from '../db/process-owner.ts';
import type { ContainerPaths } from './container-paths.ts';
import { freeze, thaw, type RuntimeCall } from './oci-runtime.ts';

/**
 * Runs `action` while the container stands still. A note says for whom it does: should that process be killed meanwhile,
 * {@link endAbandonedPause} lets the container go on.
 */
export async function whilePaused<T>(
  call: RuntimeCall,
  { pausedFor }: Pick<ContainerPaths, 'pausedFor'>,
  action: () => Promise<T>,
): Promise<T> {
  await writeFile(pausedFor, currentOwner(), { flag: 'wx', mode: 0o600 });
  try {
    await freeze(call);
    try {
      return await action();
    } finally {
      await thaw(call);
    }
  } finally {
    await rm(pausedFor, { force: true });
  }
}

/** Lets a container go on that was paused for a process that is dead. */
export async function endAbandonedPause(
  call: () => Promise<RuntimeCall>,
  { pausedFor }: Pick<ContainerPaths, 'pausedFor'>,
): Promise<void> {
  const owner = await unlessMissing(readFile(pausedFor, 'utf8'));
  if (owner === undefined || isOwnerAlive(owner)) return;
  await thaw(await call()).catch(() => {});
  await rm(pausedFor, { force: true });
}
