/** A shell pattern (`*`, `?`, a backslash before either) as the source of a regular expression with the flag `s`. */
export function globExpression(pattern: string, { greedy }: { greedy: boolean }): string {
  return pattern.replace(
    /\\([\s\S])|([*?])|([^*?\\]+|\\)/g,
    (_, literal?: string, wild?: string, text = '') => {
      if (wild === '*') return greedy ? '.*' : '.*?';
      if (wild === '?') return '.';
      return RegExp.escape(literal ?? (text as string));
    },
  );
}
