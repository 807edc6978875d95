/**
 * How many insertions, deletions and replacements turn one word into the other (Levenshtein).
 *
 * @param options.swaps a swap of neighbours counts as one step, too
 */
export function editDistance(from: string, to: string, { swaps = false }: { swaps?: boolean } = {}): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: to.length + 1 }, (_, column) => column);
  for (let row = 1; row <= from.length; row += 1) {
    const next = [row];
    for (let column = 1; column <= to.length; column += 1) {
      const same = from[row - 1] === to[column - 1];
      let best = Math.min(
        (last[column] ?? 0) + 1,
        (next[column - 1] ?? 0) + 1,
        (last[column - 1] ?? 0) + (same ? 0 : 1),
      );
      if (swaps && from[row - 1] === to[column - 2] && from[row - 2] === to[column - 1]) {
        best = Math.min(best, (beforeLast[column - 2] ?? Infinity) + 1);
      }
      next.push(best);
    }
    beforeLast = last;
    last = next;
  }
  return last[to.length] ?? 0;
}
