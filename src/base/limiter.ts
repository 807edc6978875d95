/**
 * Lets at most `count` actions run at the same time; the others wait in order.
 *
 * @returns a function that runs an action when there is room for it
 */
export function createLimiter(count: number): <T>(action: () => Promise<T>) => Promise<T> {
  let running = 0;
  const waiting: (() => void)[] = [];
  return async (action) => {
    if (running < count) running += 1;
    else await new Promise<void>((resolve) => waiting.push(resolve));
    try {
      return await action();
    } finally {
      // The place is handed on, so that nobody who comes just then can take it, too.
      const next = waiting.shift();
      if (next === undefined) running -= 1;
      else next();
    }
  };
}
