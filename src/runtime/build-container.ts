import { isOwnerAlive } from '../db/process-owner.ts';
import type { Container } from './types.ts';

/** Containers with this label belong to a build; its value names the process that builds (db/process-owner.ts). */
export const buildLabel = 'org.lamella.build';

/** Whether a container is a step of a build: neither lists nor events show it. */
export function isOfBuild({ spec }: Pick<Container, 'spec'>): boolean {
  return spec.config.Labels[buildLabel] !== undefined;
}

/** Whether the build that a container belongs to has died. */
export function isAbandoned({ spec }: Pick<Container, 'spec'>): boolean {
  const owner = spec.config.Labels[buildLabel];
  return owner !== undefined && !isOwnerAlive(owner);
}
