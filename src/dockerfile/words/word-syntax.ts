/** How words of a Dockerfile are written. */
export interface WordSyntax {
  /** Takes its meaning from the next character: a backslash, or what the `escape` directive says. */
  readonly escape: '\\' | '`';
}

export const backslash: WordSyntax = { escape: '\\' };
