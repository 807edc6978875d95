import type { Container } from './types.ts';

/** What `ps` shows as STATUS, in Docker's words: `Up 5 seconds`, `Exited (0) 3 minutes ago`, `Created`. */
export function statusText({ status, state }: Pick<Container, 'status' | 'state'>, now: number): string {
  const since = (time = now): string => humanDuration(now - time);
  const texts: Readonly<Record<Container['status'], string>> = {
    created: 'Created',
    running: `Up ${since(state.startedAt)}`,
    paused: `Up ${since(state.startedAt)} (Paused)`,
    exited: `Exited (${state.exitCode ?? 0}) ${since(state.finishedAt)} ago`,
    removing: 'Removal In Progress',
    dead: 'Dead',
  };
  return texts[status];
}

/** A span of time as Docker says it (docker/go-units, HumanDuration). */
export function humanDuration(milliseconds: number): string {
  const seconds = Math.floor(Math.max(0, milliseconds) / 1000);
  if (seconds < 1) return 'Less than a second';
  if (seconds === 1) return '1 second';
  if (seconds < 60) return `${seconds} seconds`;
  const minutes = Math.floor(seconds / 60);
  if (minutes === 1) return 'About a minute';
  if (minutes < 60) return `${minutes} minutes`;
  const hours = Math.round(seconds / 3600);
  if (hours === 1) return 'About an hour';
  if (hours < 48) return `${hours} hours`;
  if (hours < 24 * 7 * 2) return `${Math.floor(hours / 24)} days`;
  if (hours < 24 * 30 * 2) return `${Math.floor(hours / 24 / 7)} weeks`;
  if (hours < 24 * 365 * 2) return `${Math.floor(hours / 24 / 30)} months`;
  return `${Math.floor(hours / 24 / 365)} years`;
}
