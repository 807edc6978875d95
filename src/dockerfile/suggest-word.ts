import { editDistance } from '../base/edit-distance.ts';

/** ` (did you mean RUN?)`, or '' where no known word is like it. */
export function suggestWord(word: string, known: readonly string[]): string {
  const near = nearestWord(word, known);
  return near === undefined ? '' : ` (did you mean ${near}?)`;
}

/** The known word that is most like another: one edit away, or two. */
export function nearestWord(word: string, known: readonly string[]): string | undefined {
  return known
    .map((name) => ({ name, edits: editDistance(word.toLowerCase(), name.toLowerCase()) }))
    .filter(({ edits }) => edits > 0 && edits < 3)
    .toSorted((a, b) => a.edits - b.edits)[0]?.name;
}
