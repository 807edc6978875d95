import { humanDuration } from '../oci/human-duration.ts';
import type { Container } from './types.ts';

/** What `ps` shows as STATUS, in Docker's words: `Up 5 seconds`, `Exited (0) 3 minutes ago`, `Created`. */
export function statusText({ status, state }: Pick<Container, 'status' | 'state'>, now: number): string {
  const since = (time = now): string => humanDuration(now - time);
  const texts: Readonly<Record<Container['status'], string>> = {
    created: 'Created',
    running: `Up ${since(state.startedAt)}`,
    restarting: `Restarting (${state.exitCode ?? 0}) ${since(state.finishedAt)} ago`,
    paused: `Up ${since(state.startedAt)} (Paused)`,
    exited: `Exited (${state.exitCode ?? 0}) ${since(state.finishedAt)} ago`,
    removing: 'Removal In Progress',
    dead: 'Dead',
  };
  return texts[status];
}
