import { randomBytes } from 'node:crypto';
import { link, readFile, rm, writeFile } from 'node:fs/promises';
import { LamellaError, systemErrorCode } from '../base/errors.ts';
import { unlessMissing } from '../base/files.ts';
import { currentOwner, isOwnerAlive } from '../db/process-owner.ts';
import type { ContainerPaths } from './container-paths.ts';
import { freeze, thaw, type RuntimeCall } from './oci-runtime.ts';

/**
 * Runs `action` while the container stands still. A note says for whom it does: should that process be killed meanwhile,
 * {@link endAbandonedPause} lets the container go on.
 *
 * @throws LamellaError conflict `container-paused` while it stands still for somebody else
 */
export async function whilePaused<T>(
  call: RuntimeCall,
  { pausedFor }: Pick<ContainerPaths, 'pausedFor'>,
  action: () => Promise<T>,
): Promise<T> {
  await leaveNote(pausedFor);
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

/** The note appears with its text in it: whoever found it empty would take its owner for dead. */
async function leaveNote(path: string): Promise<void> {
  const draft = `${path}.${process.pid}-${randomBytes(6).toString('hex')}`;
  await writeFile(draft, currentOwner(), { flag: 'wx', mode: 0o600 });
  try {
    await link(draft, path);
  } catch (error) {
    if (systemErrorCode(error) !== 'EEXIST') throw error;
    throw new LamellaError('conflict', 'the container is paused for another command', {
      code: 'container-paused',
      hint: 'Wait for the other command to end, and try again.',
      cause: error,
    });
  } finally {
    await rm(draft, { force: true });
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
