import type { Token, TokenType } from './token.ts';

const keywords: ReadonlySet<string> = new Set([
  'block',
  'break',
  'continue',
  'define',
  'else',
  'end',
  'if',
  'range',
  'template',
  'with',
]);
const spaces = ' \t\r\n';
const word = /[\p{L}\p{Nd}_]*/uy;
const numberSyntax =
  /[+-]?(?:0[xX][0-9a-fA-F_]+(?:\.[0-9a-fA-F_]*)?(?:[pP][+-]?[0-9_]+)?|0[bB][01_]+|0[oO][0-7_]+|[0-9_]*(?:\.[0-9_]*)?(?:[eE][+-]?[0-9_]+)?)i?/y;

/**
 * The tokens of a Go template (text/template/parse/lex.go), made one at a time so that a parse error earlier in the
 * text wins over a lexical one later. Ends with a token `end of text` or `error`.
 */
export function* lexTemplate(text: string): Generator<Token, undefined> {
  let position = 0;
  for (;;) {
    const open = text.indexOf('{{', position);
    if (open === -1) break;
    const trimsLeft = text[open + 2] === '-' && isSpace(text[open + 3]);
    const before = text.slice(position, open);
    const kept = trimsLeft ? before.replace(/[ \t\r\n]+$/, '') : before;
    if (kept !== '') yield { type: 'text', text: kept, position };
    const inside = open + (trimsLeft ? 4 : 2);
    if (text.startsWith('/*', inside)) {
      const close = text.indexOf('*/', inside);
      if (close === -1) {
        yield { type: 'error', text: 'unclosed comment', position: inside };
        return;
      }
      const end = rightDelimiter(text, close + 2);
      if (end === undefined) {
        const message = 'comment ends before closing delimiter';
        yield { type: 'error', text: message, position: inside };
        return;
      }
      position = end.trims ? skipSpaces(text, end.position) : end.position;
      continue;
    }
    yield { type: 'left delimiter', text: '{{', position: open };
    const end = yield* lexAction(text, inside);
    if (end === undefined) return;
    position = end.trims ? skipSpaces(text, end.position) : end.position;
  }
  if (position < text.length) yield { type: 'text', text: text.slice(position), position };
  yield { type: 'end of text', text: '', position: text.length };
}

interface Delimiter {
  /** Just behind it. */
  readonly position: number;
  readonly trims: boolean;
}

function* lexAction(text: string, start: number): Generator<Token, Delimiter | undefined> {
  let position = start;
  let depth = 0;
  const failed = (message: string, at = position): Token => ({ type: 'error', text: message, position: at });
  const take = (type: TokenType, length: number): Token => {
    const token = { type, text: text.slice(position, position + length), position };
    position += length;
    return token;
  };
  for (;;) {
    const end = rightDelimiter(text, position);
    if (end !== undefined) {
      if (depth > 0) return void (yield failed('unclosed left paren'));
      yield { type: 'right delimiter', text: '}}', position: end.position - 2 };
      return end;
    }
    const character = text[position];
    if (character === undefined) return void (yield failed('unclosed action'));
    if (isSpace(character)) {
      yield take('space', runOfSpaces(text, position));
    } else if (character === '=') {
      yield take('assign', 1);
    } else if (character === ':') {
      if (text[position + 1] !== '=') return void (yield failed('expected :='));
      yield take('declare', 2);
    } else if (character === '|') {
      yield take('pipe', 1);
    } else if (character === '(') {
      depth++;
      yield take('left paren', 1);
    } else if (character === ')') {
      depth--;
      if (depth < 0) return void (yield failed('unexpected right paren'));
      yield take('right paren', 1);
    } else if (character === '"' || character === "'" || character === '`') {
      const length = quotedLength(text, position);
      if (length === undefined) return void (yield failed(unterminated[character]));
      yield take(character === "'" ? 'character constant' : 'string', length);
    } else if (isNumberStart(text, position)) {
      const length = numberLength(text, position);
      if (length < 0) return void (yield failed(`bad number syntax: ${badNumber(text, position, -length)}`));
      yield take('number', length);
    } else if (character === '.' || character === '$' || wordAt(text, position) !== '') {
      const name = character === '.' || character === '$' ? wordAt(text, position + 1) : '';
      const whole = character === '.' || character === '$' ? character + name : wordAt(text, position);
      if (!(whole === '.' || whole === '$' ? true : endsWord(text, position + whole.length))) {
        return void (yield failed(`bad character ${describeCharacter(text, position + whole.length)}`));
      }
      yield take(wordType(whole), whole.length);
    } else if (/[ -~]/.test(character)) {
      yield take('character', 1);
    } else {
      return void (yield failed(`unrecognized character in action: ${describeCharacter(text, position)}`));
    }
  }
}

const unterminated = {
  '"': 'unterminated quoted string',
  "'": 'unterminated character constant',
  '`': 'unterminated raw quoted string',
} as const;

function wordType(text: string): TokenType {
  if (text === '.') return 'dot';
  if (text.startsWith('.')) return 'field';
  if (text.startsWith('$')) return 'variable';
  if (keywords.has(text)) return 'keyword';
  if (text === 'nil') return 'nil';
  return text === 'true' || text === 'false' ? 'bool' : 'identifier';
}

function isSpace(character: string | undefined): boolean {
  return character !== undefined && spaces.includes(character);
}

function runOfSpaces(text: string, from: number): number {
  const end = skipSpaces(text, from);
  // A space that belongs to ` -}}` is still a space token.
  return end - from;
}

function skipSpaces(text: string, from: number): number {
  let position = from;
  while (isSpace(text[position])) position++;
  return position;
}

/** `}}`, or `-}}` after a space. */
function rightDelimiter(text: string, position: number): Delimiter | undefined {
  if (text.startsWith('}}', position)) return { position: position + 2, trims: false };
  if (isSpace(text[position]) && text.startsWith('-}}', position + 1)) {
    return { position: position + 4, trims: true };
  }
  if (isSpace(text[position - 1]) && text.startsWith('-}}', position)) {
    return { position: position + 3, trims: true };
  }
  return undefined;
}

function wordAt(text: string, position: number): string {
  word.lastIndex = position;
  return word.exec(text)?.[0] ?? '';
}

function endsWord(text: string, position: number): boolean {
  const next = text[position];
  return next === undefined || isSpace(next) || '.,|:)('.includes(next) || text.startsWith('}}', position);
}

function quotedLength(text: string, start: number): number | undefined {
  const quote = text[start];
  for (let at = start + 1; at < text.length; at++) {
    const character = text[at];
    if (character === quote) return at + 1 - start;
    if (quote === '`') continue;
    if (character === '\n') return undefined;
    if (character === '\\') at++;
  }
  return undefined;
}

function isNumberStart(text: string, position: number): boolean {
  const character = text[position] ?? '';
  if (character === '.') return /[0-9]/.test(text[position + 1] ?? '');
  return /[0-9+-]/.test(character);
}

/** Length of the number, negative where something that cannot follow a number does. */
function numberLength(text: string, position: number): number {
  numberSyntax.lastIndex = position;
  const length = numberSyntax.exec(text)?.[0].length ?? 0;
  const rest = wordAt(text, position + length);
  return rest === '' ? length : -(length + 1);
}

function badNumber(text: string, position: number, length: number): string {
  return JSON.stringify(text.slice(position, position + length));
}

function describeCharacter(text: string, position: number): string {
  const code = text.codePointAt(position);
  if (code === undefined) return 'U+FFFFFFFFFFFFFFFF';
  const hex = code.toString(16).toUpperCase().padStart(4, '0');
  return code < 32 || code === 127 ? `U+${hex}` : `U+${hex} '${String.fromCodePoint(code)}'`;
}
