/**
 * Lets at most `count` actions run at the same time; the others wait in order.
 *
 * @returns a function that runs an action when there is room for it
 */
export function createLimiter(count: number): <T>(action: () => Promise<T>) => Promise<T> {
  let running = 0;
  const waiting: (() => void)[] = [];
  return async (action) => {
    if (running >= count) await new Promise<void>((resolve) => waiting.push(resolve));
    running += 1;
    try {
      return await action();
    } finally {
      running -= 1;
      waiting.shift()?.();
    }
  };
}
