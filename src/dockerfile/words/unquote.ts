import { backslash, type WordSyntax } from './word-syntax.ts';

/** A word without its quotes and escapes; `$` means nothing. */
export function unquote(word: string, { escape }: WordSyntax = backslash): string {
  let result = '';
  let quote = '';
  for (let index = 0; index < word.length; index += 1) {
    const character = word[index] ?? '';
    if (quote === '' && (character === '"' || character === "'")) quote = character;
    else if (character === quote) quote = '';
    else if (character === escape && quote !== "'") {
      const next = word[index + 1] ?? '';
      if (quote === '"' && next !== '"' && next !== '$' && next !== escape) result += escape;
      result += next;
      index += 1;
    } else result += character;
  }
  return result;
}
