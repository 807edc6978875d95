/** Runs jobs side by side, a few at a time. */
export interface Limiter {
  /** Starts a job as soon as fewer than the limit run. @throws the error of an earlier job that failed */
  start(job: () => Promise<void>): Promise<void>;
  /** Waits for all jobs. @throws the error of the first that failed */
  finish(): Promise<void>;
}

export function createLimiter(limit: number): Limiter {
  const running = new Set<Promise<void>>();
  let failure: { error: unknown } | undefined;

  function throwFailure(): void {
    if (failure !== undefined) throw failure.error;
  }

  return {
    async start(job) {
      while (running.size >= limit) await Promise.race(running);
      throwFailure();
      const run = job()
        .catch((error: unknown) => {
          failure ??= { error };
        })
        .finally(() => running.delete(run));
      running.add(run);
    },
    async finish() {
      await Promise.all(running);
      throwFailure();
    },
  };
}
