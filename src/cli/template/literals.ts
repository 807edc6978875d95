import { TemplateError } from './template-error.ts';

const simpleEscapes: Readonly<Record<string, string>> = {
  a: '\u0007',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
  '\\': '\\',
  "'": "'",
  '"': '"',
};

/** What a Go string literal, `"…"` or `` `…` ``, stands for. */
export function unquote(quoted: string): string {
  const inside = quoted.slice(1, -1);
  return quoted.startsWith('`') ? inside.replaceAll('\r', '') : unescape(inside, '"');
}

/** The code point of a Go character constant such as `'a'`. */
export function unquoteCharacter(quoted: string): number {
  const value = unescape(quoted.slice(1, -1), "'");
  const code = value.codePointAt(0);
  if (code === undefined || value.length !== String.fromCodePoint(code).length) {
    throw new TemplateError(`malformed character constant: ${quoted}`);
  }
  return code;
}

function unescape(text: string, quote: string): string {
  if (!text.includes('\\')) return text;
  const bytes: Buffer[] = [];
  const pattern =
    /\\(?:x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|([0-7]{3})|([abfnrtv\\'"]))|\\|[^\\]+/gu;
  for (const match of text.matchAll(pattern)) {
    const [whole, hex, short, long, octal, simple] = match;
    if (whole === '\\' || (simple !== undefined && /['"]/.test(simple) && simple !== quote)) {
      throw new TemplateError('invalid syntax');
    }
    const byte = hex === undefined ? octal && Number.parseInt(octal, 8) : Number.parseInt(hex, 16);
    const point = short ?? long;
    if (typeof byte === 'number') bytes.push(Buffer.of(byte));
    else if (point !== undefined) bytes.push(Buffer.from(String.fromCodePoint(Number.parseInt(point, 16))));
    else bytes.push(Buffer.from(simple === undefined ? whole : (simpleEscapes[simple] ?? '')));
  }
  return Buffer.concat(bytes).toString('utf8');
}

/** A Go number, or undefined where the text is none. */
export function parseNumber(text: string): { value: number; integer: boolean } | undefined {
  const plain = text.replaceAll('_', '');
  const match = /^([+-]?)(0[xX][0-9a-fA-F]+|0[bB][01]+|0[oO][0-7]+|[0-9]+)$/.exec(plain);
  if (match !== null) {
    const digits = match[2] ?? '';
    const octal = /^0[0-7]+$/.test(digits) ? Number.parseInt(digits, 8) : Number(digits);
    return { value: match[1] === '-' ? -octal : octal, integer: true };
  }
  if (!/^[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?$/.test(plain)) return undefined;
  const value = Number(plain);
  // Go takes 1e3 for an integer where one is wanted; as an ideal constant it is a float.
  return { value, integer: false };
}
