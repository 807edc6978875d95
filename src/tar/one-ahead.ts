/** The same items, each made while whoever reads has the one before it. */
export async function* oneAhead<T>(items: AsyncIterable<T>): AsyncGenerator<T, undefined> {
  const iterator = items[Symbol.asyncIterator]();
  let isOver = false;
  const next = async (): Promise<IteratorResult<T>> => {
    try {
      const result = await iterator.next();
      isOver = result.done === true;
      return result;
    } catch (error) {
      isOver = true;
      throw error;
    }
  };
  let coming = next();
  try {
    for (;;) {
      const result = await coming;
      if (result.done === true) return;
      coming = next();
      // Its failure comes out in the next round, or never.
      coming.catch(() => {});
      yield result.value;
    }
  } finally {
    // A generator ends once it has made what it was asked for.
    if (!isOver) await iterator.return?.();
  }
}
