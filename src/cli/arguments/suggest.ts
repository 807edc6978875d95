import { editDistance } from '../../base/edit-distance.ts';

/** Up to three of the names that a misspelt word may have meant, nearest first. */
export function suggest(word: string, names: readonly string[]): string[] {
  return names
    .map((name) => ({
      name,
      distance: name.startsWith(word) && word !== '' ? 1 : editDistance(word, name, { swaps: true }),
    }))
    .filter(
      ({ name, distance }) => distance <= Math.max(1, Math.floor(Math.min(name.length, word.length) / 3)),
    )
    .toSorted((a, b) => a.distance - b.distance || (a.name < b.name ? -1 : 1))
    .slice(0, 3)
    .map(({ name }) => name);
}
