/**
 * The results of `work` in the order of the items, `atOnce` of them under way while the consumer takes its time. Who
 * stops early, or an error, ends the others through their signal.
 */
export async function* mapInOrder<Item, Result>(
  items: Iterable<Item>,
  work: (item: Item, signal: AbortSignal) => Promise<Result>,
  { atOnce, signal }: { atOnce: number; signal?: AbortSignal | undefined },
): AsyncGenerator<Result, void, undefined> {
  const stop = new AbortController();
  const either = signal === undefined ? stop.signal : AbortSignal.any([signal, stop.signal]);
  const running: Promise<Result>[] = [];
  try {
    for (const item of items) {
      const next = work(item, either);
      next.catch(() => undefined);
      running.push(next);
      if (running.length < atOnce) continue;
      yield await (running.shift() as Promise<Result>);
    }
    for (const next of running) yield await next;
  } finally {
    stop.abort();
  }
}
