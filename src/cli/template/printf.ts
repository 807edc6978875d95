import { formatFloat } from './format-float.ts';
import { formatValue, quoteGo } from './format-value.ts';
import { elementsOf, entryOf, sortedKeys, typeName, type GoValue } from './go-value.ts';

interface Flags {
  plus: boolean;
  minus: boolean;
  sharp: boolean;
  space: boolean;
  zero: boolean;
  width: number | undefined;
  precision: number | undefined;
}

/** Go's fmt.Sprint: a space between two operands of which neither is a string. */
export function sprint(values: readonly GoValue[]): string {
  let text = '';
  for (const [index, value] of values.entries()) {
    const before = values[index - 1];
    if (before !== undefined && !isText(before) && !isText(value)) text += ' ';
    text += formatValue(value);
  }
  return text;
}

export function sprintln(values: readonly GoValue[]): string {
  return `${values.map((value) => formatValue(value)).join(' ')}\n`;
}

/** Go's fmt.Sprintf, with its error texts for what does not fit (`%!d(string=x)`). */
export function sprintf(format: string, values: readonly GoValue[]): string {
  let text = '';
  let next = 0;
  let reordered = false;
  const take = (): GoValue | undefined => values[next++];
  let position = 0;
  while (position < format.length) {
    const percent = format.indexOf('%', position);
    if (percent === -1) break;
    text += format.slice(position, percent);
    position = percent + 1;
    const flags: Flags = {
      plus: false,
      minus: false,
      sharp: false,
      space: false,
      zero: false,
      width: undefined,
      precision: undefined,
    };
    for (;;) {
      const flag = format[position];
      if (flag === '+') flags.plus = true;
      else if (flag === '-') flags.minus = true;
      else if (flag === '#') flags.sharp = true;
      else if (flag === ' ') flags.space = true;
      else if (flag === '0') flags.zero = true;
      else break;
      position++;
    }
    const index = (): void => {
      const match = /^\[(\d+)\]/.exec(format.slice(position));
      if (match === null) return;
      next = Number(match[1]) - 1;
      reordered = true;
      position += match[0].length;
    };
    const number = (): number | undefined => {
      if (format[position] === '*') {
        position++;
        const value = take();
        return value?.type.kind === 'int' ? (value.value as number) : undefined;
      }
      const digits = /^\d+/.exec(format.slice(position))?.[0];
      if (digits === undefined) return undefined;
      position += digits.length;
      return Number(digits);
    };
    index();
    flags.width = number();
    if (flags.width !== undefined && flags.width < 0) {
      flags.minus = true;
      flags.width = -flags.width;
    }
    if (format[position] === '.') {
      position++;
      index();
      flags.precision = number() ?? 0;
    }
    index();
    const verb = String.fromCodePoint(format.codePointAt(position) ?? 0);
    if (position >= format.length) {
      text += '%!(NOVERB)';
      break;
    }
    position += verb.length;
    if (verb === '%') {
      text += '%';
      continue;
    }
    const value = take();
    if (value === undefined) text += `%!${verb}(${reordered ? 'BADINDEX' : 'MISSING'})`;
    else text += formatVerb(verb, value, flags);
  }
  text += format.slice(position);
  if (!reordered && next < values.length) {
    const extra = values.slice(next).map((value) => {
      const none = value.type.kind === 'none' || value.type.kind === 'any';
      return none ? '<nil>' : `${typeName(value.type)}=${formatValue(value)}`;
    });
    text += `%!(EXTRA ${extra.join(', ')})`;
  }
  return text;
}

function isText(value: GoValue): boolean {
  return value.type.kind === 'string' || value.type.kind === 'number';
}

function formatVerb(verb: string, value: GoValue, flags: Flags): string {
  if (verb === 'T') return pad(value.type.kind === 'none' ? '<nil>' : typeName(value.type), flags);
  const { kind } = value.type;
  if (verb === 'v') {
    if (kind === 'string' || kind === 'number') {
      return flags.sharp ? pad(quoteGo(String(value.value)), flags) : padText(String(value.value), flags);
    }
    if (kind === 'int') return formatInteger(value.value as number, 10, flags);
    if (kind === 'float')
      return padNumber(formatFloat(value.value as number, 'g', flags.precision ?? -1), flags);
    return pad(formatValue(value, { plus: flags.plus, sharp: flags.sharp }), flags);
  }
  if (kind === 'none' || kind === 'any') return `%!${verb}(<nil>)`;
  if (kind === 'slice') {
    return `[${elementsOf(value)
      .map((item) => formatVerb(verb, item, flags))
      .join(' ')}]`;
  }
  if (kind === 'map') {
    const entries = sortedKeys(value).map((key) => {
      const entry = entryOf(value, key);
      return `${formatVerb(verb, { type: { kind: 'string', name: 'string' }, value: key }, flags)}:${
        entry === undefined ? '' : formatVerb(verb, entry, flags)
      }`;
    });
    return `map[${entries.join(' ')}]`;
  }
  if ((kind === 'struct' || kind === 'pointer' || kind === 'time') && verb === 's') {
    return pad(formatValue(value), flags);
  }
  const text = formatScalar(verb, value, flags);
  return text ?? `%!${verb}(${typeName(value.type)}=${formatValue(value)})`;
}

function formatScalar(verb: string, value: GoValue, flags: Flags): string | undefined {
  switch (value.type.kind) {
    case 'string':
    case 'number':
      return formatText(verb, String(value.value), flags);
    case 'bool':
      return verb === 't' ? pad(String(value.value), flags) : undefined;
    case 'int':
      return formatIntegerVerb(verb, value.value as number, flags);
    case 'float': {
      const number = value.value as number;
      if (verb === 'e' || verb === 'f' || verb === 'F' || verb === 'g') {
        const form = verb === 'F' ? 'f' : verb;
        return padNumber(formatFloat(number, form, flags.precision ?? (form === 'g' ? -1 : 6)), flags);
      }
      if (verb === 'E' || verb === 'G') {
        const form = verb === 'E' ? 'e' : 'g';
        return padNumber(
          formatFloat(number, form, flags.precision ?? (form === 'g' ? -1 : 6)).toUpperCase(),
          flags,
        );
      }
      return undefined;
    }
    default:
      return undefined;
  }
}

function formatText(verb: string, text: string, flags: Flags): string | undefined {
  switch (verb) {
    case 's':
      return padText(text, flags);
    case 'q': {
      const cut = flags.precision === undefined ? text : Array.from(text).slice(0, flags.precision).join('');
      const raw = flags.sharp && !/[`\u0000-\u0008\u000a-\u001f\u007f]/.test(cut);
      return pad(raw ? `\`${cut}\`` : quoteGo(cut, flags.plus), flags);
    }
    case 'x':
    case 'X': {
      const bytes = Buffer.from(text).subarray(0, flags.precision ?? Infinity);
      const parts = Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0'));
      const prefix = flags.sharp ? '0x' : '';
      const hex = flags.space ? parts.map((part) => prefix + part).join(' ') : prefix + parts.join('');
      return pad(verb === 'X' ? hex.toUpperCase() : hex, flags);
    }
    default:
      return undefined;
  }
}

function formatIntegerVerb(verb: string, number: number, flags: Flags): string | undefined {
  switch (verb) {
    case 'd':
      return formatInteger(number, 10, flags);
    case 'b':
      return formatInteger(number, 2, flags, flags.sharp ? '0b' : '');
    case 'o':
      return formatInteger(number, 8, flags, flags.sharp ? '0' : '');
    case 'O':
      return formatInteger(number, 8, flags, '0o');
    case 'x':
      return formatInteger(number, 16, flags, flags.sharp ? '0x' : '');
    case 'X':
      return formatInteger(number, 16, flags, flags.sharp ? '0X' : '').toUpperCase();
    case 'c':
      return pad(String.fromCodePoint(number), flags);
    case 'q': {
      const character = String.fromCodePoint(number);
      const quoted = quoteGo(character, flags.plus).slice(1, -1);
      const inside = character === "'" ? "\\'" : character === '"' ? '"' : quoted;
      return pad(`'${inside}'`, flags);
    }
    case 'U':
      return pad(`U+${number.toString(16).toUpperCase().padStart(4, '0')}`, flags);
    default:
      return undefined;
  }
}

function formatInteger(number: number, base: number, flags: Flags, prefix = ''): string {
  let digits = Math.abs(number).toString(base);
  if (flags.precision !== undefined) digits = digits.padStart(flags.precision, '0');
  const sign = number < 0 ? '-' : flags.plus ? '+' : flags.space ? ' ' : '';
  if (flags.zero && !flags.minus && flags.precision === undefined && flags.width !== undefined) {
    digits = digits.padStart(flags.width - sign.length - prefix.length, '0');
  }
  return pad(sign + prefix + digits, { ...flags, zero: false });
}

function padNumber(text: string, flags: Flags): string {
  const signed =
    flags.plus && !/^[+-]/.test(text) ? `+${text}` : flags.space && !/^[+-]/.test(text) ? ` ${text}` : text;
  if (!flags.zero || flags.minus || flags.width === undefined) return pad(signed, { ...flags, zero: false });
  const sign = /^[+-]/.test(signed) ? signed.slice(0, 1) : '';
  return sign + signed.slice(sign.length).padStart(flags.width - sign.length, '0');
}

function padText(text: string, flags: Flags): string {
  return pad(
    flags.precision === undefined ? text : Array.from(text).slice(0, flags.precision).join(''),
    flags,
  );
}

function pad(text: string, flags: Flags): string {
  const missing = (flags.width ?? 0) - Array.from(text).length;
  if (missing <= 0) return text;
  if (flags.minus) return text + ' '.repeat(missing);
  return (flags.zero ? '0' : ' ').repeat(missing) + text;
}
