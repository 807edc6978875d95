import { humanDuration } from '../oci/human-duration.ts';
import type { Container } from './types.ts';

/** How a container is, as people see it: one that a person has paused runs, and is shown as paused. */
export type ShownStatus = Container['status'] | 'paused';

export function shownStatus({ status, state }: Pick<Container, 'status' | 'state'>): ShownStatus {
  return status === 'running' && state.paused === true ? 'paused' : status;
}

/** What `ps` shows as STATUS, in Docker's words: `Up 5 seconds`, `Exited (0) 3 minutes ago`, `Created`. */
export function statusText(container: Pick<Container, 'status' | 'state' | 'health'>, now: number): string {
  const { state, health } = container;
  const since = (time = now): string => humanDuration(now - time);
  const texts: Readonly<Record<ShownStatus, string>> = {
    created: 'Created',
    running: `Up ${since(state.startedAt)}${healthText(health)}`,
    restarting: `Restarting (${state.exitCode ?? 0}) ${since(state.finishedAt)} ago`,
    paused: `Up ${since(state.startedAt)} (Paused)`,
    exited: `Exited (${state.exitCode ?? 0}) ${since(state.finishedAt)} ago`,
    removing: 'Removal In Progress',
    dead: 'Dead',
  };
  return texts[shownStatus(container)];
}

function healthText(health: Container['health']): string {
  if (health === undefined) return '';
  return health.status === 'starting' ? ' (health: starting)' : ` (${health.status})`;
}
