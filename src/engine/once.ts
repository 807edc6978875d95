/** Makes of an action one that runs at its first call only; later calls give what that one gave. */
export function once<T extends object>(action: () => T): () => T {
  let result: T | undefined;
  return () => (result ??= action());
}
