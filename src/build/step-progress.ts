import { messageOf } from '../base/errors.ts';
import type { BuildEvent, BuildStep } from './request.ts';

/** Tells of steps as they begin and end. */
export interface StepProgress {
  /**
   * Does a step. The action tells by its result whether the cache had it.
   *
   * @param name `[build 2/5] RUN make`
   */
  step<T extends { readonly cached: boolean }>(
    name: string,
    action: (step: BuildStep, output: (bytes: Uint8Array) => void) => Promise<T>,
  ): Promise<T>;
}

export function createStepProgress(tell: (event: BuildEvent) => void, now: () => number): StepProgress {
  let count = 0;
  return {
    async step(name, action) {
      count += 1;
      const step: BuildStep = { number: count, name };
      const begin = now();
      const seconds = (): number => (now() - begin) / 1000;
      tell({ kind: 'started', step });
      try {
        const result = await action(step, (bytes) => tell({ kind: 'output', step, bytes }));
        tell({ kind: 'done', step, cached: result.cached, seconds: seconds() });
        return result;
      } catch (error) {
        tell({ kind: 'failed', step, message: messageOf(error), seconds: seconds() });
        throw error;
      }
    },
  };
}
