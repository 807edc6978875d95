import { elementsOf, entryOf, fieldValue, sortedKeys, typeName, type GoValue } from './go-value.ts';
import { formatFloat } from './format-float.ts';

/** `plus` is `%+v`: struct fields with their names. `sharp` is `%#v`: Go syntax. */
export interface ValueStyle {
  readonly plus?: boolean;
  readonly sharp?: boolean;
}

/** A value as `%v` of Go's fmt writes it. */
export function formatValue(value: GoValue, style: ValueStyle = {}, depth = 0): string {
  const { type } = value;
  if (style.sharp === true) return formatSyntax(value);
  switch (type.kind) {
    case 'none':
      return '<nil>';
    case 'any':
      return '<nil>';
    case 'time':
      return formatTime(String(value.value));
    case 'float':
      return formatFloat(value.value as number, 'g', -1);
    case 'slice':
      return `[${elementsOf(value)
        .map((item) => formatValue(item, style, depth + 1))
        .join(' ')}]`;
    case 'map':
      return `map[${sortedKeys(value)
        .map((key) => `${key}:${formatValue(entryOf(value, key) as GoValue, style, depth + 1)}`)
        .join(' ')}]`;
    case 'pointer': {
      if (value.value === null) return '<nil>';
      // Go prints the address of a nested pointer, which says nothing; what it points to does.
      return `&${formatValue({ type: type.element, value: value.value }, style, depth + 1)}`;
    }
    case 'struct':
      return `{${type
        .fields()
        .map((field) => {
          const text = formatValue(fieldValue(field, value.value), style, depth + 1);
          return style.plus === true ? `${field.name}:${text}` : text;
        })
        .join(' ')}}`;
    default:
      return String(value.value);
  }
}

function formatSyntax(value: GoValue): string {
  const { type } = value;
  const name = type.kind === 'none' || type.kind === 'any' ? 'interface {}' : typeName(type);
  switch (type.kind) {
    case 'none':
    case 'any':
      return '<nil>';
    case 'string':
    case 'number':
      return quoteGo(String(value.value));
    case 'slice':
      if (value.value === null) return `${name}(nil)`;
      return `${name}{${elementsOf(value).map(formatSyntax).join(', ')}}`;
    case 'map': {
      if (value.value === null) return `${name}(nil)`;
      const entries = sortedKeys(value).map(
        (key) => `${quoteGo(key)}:${formatSyntax(entryOf(value, key) as GoValue)}`,
      );
      return `${name}{${entries.join(', ')}}`;
    }
    case 'pointer':
      if (value.value === null) return `(${name})(nil)`;
      return `&${formatSyntax({ type: type.element, value: value.value })}`;
    case 'struct': {
      const fields = type
        .fields()
        .map((field) => `${field.name}:${formatSyntax(fieldValue(field, value.value))}`);
      return `${name}{${fields.join(', ')}}`;
    }
    default:
      return formatValue(value);
  }
}

const quoteEscapes: Readonly<Record<string, string>> = {
  '\u0007': '\\a',
  '\b': '\\b',
  '\f': '\\f',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
  '\v': '\\v',
  '"': '\\"',
  '\\': '\\\\',
};

/** A Go string literal, as strconv.Quote makes it. */
export function quoteGo(text: string, asciiOnly = false): string {
  let quoted = '"';
  for (const character of text) {
    const code = character.codePointAt(0) ?? 0;
    const escape = quoteEscapes[character];
    if (escape !== undefined) quoted += escape;
    else if (code < 32 || code === 127) quoted += `\\x${code.toString(16).padStart(2, '0')}`;
    else if (code > 126 && (asciiOnly || !/[\p{L}\p{M}\p{N}\p{P}\p{S}]/u.test(character))) {
      quoted +=
        code > 0xffff
          ? `\\U${code.toString(16).padStart(8, '0')}`
          : `\\u${code.toString(16).padStart(4, '0')}`;
    } else quoted += character;
  }
  return `${quoted}"`;
}

/** RFC 3339 text as time.Time's String() has it: `2006-01-02 15:04:05.999999999 -0700 MST`. */
function formatTime(text: string): string {
  const match = /^(\d+-\d\d-\d\d)T(\d\d:\d\d:\d\d)(\.\d+)?(Z|[+-]\d\d:\d\d)$/.exec(text);
  if (match === null) return text;
  const [, date, time, fraction = '', zone = 'Z'] = match;
  const trimmed = fraction.replace(/\.?0+$/, '');
  const offset = zone === 'Z' ? '+0000' : zone.replace(':', '');
  return `${date} ${time}${trimmed} ${offset} ${zone === 'Z' || offset === '+0000' ? 'UTC' : offset}`;
}
