import type { ContainerExit } from './exit-record.ts';
import type { ContainerChange } from './container-store.ts';
import { restartPause } from './restart-policy.ts';
import type { Container, ContainerState } from './types.ts';

/** What becomes of a container that ran and has ended: it stays as it is, or waits to be started by its restart policy. */
export function afterEnd({ spec, state }: Container, exit: ContainerExit): ContainerChange {
  const { startedAt = exit.finishedAt, restartCount = 0, monitor, stoppedByHand = false } = state;
  const ended = { startedAt, ...exit };
  const pause = restartPause(spec.hostConfig.RestartPolicy, {
    exitCode: exit.exitCode,
    ranFor: exit.finishedAt - startedAt,
    restartCount,
    lastPause: state.restartPause ?? 0,
    stoppedByHand: stoppedByHand || state.shutsDown === true,
  });
  if (pause === undefined) {
    return {
      status: 'exited',
      state: {
        ...ended,
        ...(stoppedByHand ? { stoppedByHand } : {}),
        ...(restartCount > 0 ? { restartCount } : {}),
      },
    };
  }
  return {
    status: 'restarting',
    state: {
      ...ended,
      ...(monitor === undefined ? {} : { monitor }),
      restartCount: restartCount + 1,
      restartPause: pause,
      restartAt: exit.finishedAt + pause,
    },
  };
}

/** A container that waited for its restart, once it is decided that there is to be none. */
export function withoutRestart(
  { status, state }: Container,
  note: Partial<ContainerState>,
): ContainerChange | undefined {
  if (status !== 'restarting') return undefined;
  const { monitor: _, restartAt: __, restartPause: ___, ...rest } = state;
  return { status: 'exited', state: { ...rest, ...note } };
}
