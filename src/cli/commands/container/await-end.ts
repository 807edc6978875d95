import type { ContainerEngine } from '../../../engine/ports/container-engine.ts';

export interface AwaitedEnd extends Disposable {
  /** Resolves when the container has ended. */
  exitCode(): Promise<number>;
}

/**
 * Waits for a container's end from now on, so that an end that comes at once is not missed; disposing gives the waiting
 * up, as when the person detaches.
 */
export function awaitEnd(
  engine: Pick<ContainerEngine, 'wait'>,
  container: string,
  condition: 'not-running' | 'next-exit' | 'removed',
): AwaitedEnd {
  const enough = new AbortController();
  const ended = engine.wait(container, { condition, signal: enough.signal });
  // It may fail or be given up before anybody asks for it.
  ended.catch(() => {});
  return {
    exitCode: async () => (await ended).exitCode,
    [Symbol.dispose]: () => enough.abort(),
  };
}
