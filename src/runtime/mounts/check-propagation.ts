import { realpathSync } from 'node:fs';
import { LamellaError } from '../../base/errors.ts';
import { readMountTable } from '../../linux/mount-table.ts';
import type { ContainerMount } from './container-mount.ts';

/**
 * Refuses a bind that asks for mounts to be passed on where the machine passes none on.
 *
 * @throws LamellaError invalid `mount-not-shared`
 */
export async function checkPropagation({ source, propagation }: ContainerMount): Promise<void> {
  const wanted = propagation.replace(/^r/, '');
  if (wanted !== 'shared' && wanted !== 'slave') return;
  const path = realpathSync(source);
  // The last one hides those below it.
  const entry = (await readMountTable()).findLast(
    ({ target }) => target === '/' || path === target || path.startsWith(`${target}/`),
  );
  if (entry === undefined || entry.isShared || (wanted === 'slave' && entry.isSlave)) return;
  const kind = wanted === 'slave' ? 'shared or slave' : 'shared';
  throw new LamellaError(
    'invalid',
    `path ${source} is mounted on ${entry.target} but it is not a ${kind} mount`,
    {
      code: 'mount-not-shared',
    },
  );
}
