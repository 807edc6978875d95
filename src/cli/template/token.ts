export type TokenType =
  | 'text'
  | 'left delimiter'
  | 'right delimiter'
  | 'identifier'
  | 'field'
  | 'variable'
  | 'dot'
  | 'nil'
  | 'bool'
  | 'string'
  | 'character constant'
  | 'number'
  | 'pipe'
  | 'left paren'
  | 'right paren'
  | 'declare'
  | 'assign'
  | 'character'
  | 'space'
  | 'keyword'
  | 'error'
  | 'end of text';

export interface Token {
  readonly type: TokenType;
  /** As written; for type `error` the message. */
  readonly text: string;
  /** Offset in the template, in UTF-16 units. */
  readonly position: number;
}

/** A token as Go's parser names it in its messages. */
export function describeToken(token: Token): string {
  if (token.type === 'end of text') return 'EOF';
  if (token.type === 'error') return token.text;
  if (token.type === 'keyword' || token.type === 'dot' || token.type === 'nil') return `<${token.text}>`;
  const characters = Array.from(token.text);
  return characters.length > 10
    ? `${JSON.stringify(characters.slice(0, 10).join(''))}...`
    : JSON.stringify(token.text);
}
