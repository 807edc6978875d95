import { isTrue } from './functions/truth.ts';
import { fieldValue, sortedKeys, typedValue, type GoValue, type StructType } from './go-value.ts';

/**
 * Compact JSON as Go's encoder writes it: keys of maps sorted, fields of structs in their order, U+2028 and
 * U+2029 escaped, and `<`, `>`, `&` too where `html` is set.
 */
export function formatGoJson(value: GoValue, { html = false }: { html?: boolean } = {}): string {
  const json = encode(value);
  return html ? escapeHtml(json) : json;
}

function escapeHtml(json: string): string {
  return json.replace(/[<>&]/g, (character) => `\\u00${character.charCodeAt(0).toString(16)}`);
}

function encode({ type, value }: GoValue): string {
  if (value === null || value === undefined) return 'null';
  switch (type.kind) {
    case 'none':
    case 'any':
      return 'null';
    case 'slice':
      return `[${(value as unknown[]).map((item) => encode(typedValue(type.element, item))).join(',')}]`;
    case 'map': {
      const members = sortedKeys({ type, value }).map((key) => {
        const member = (value as Record<string, unknown>)[key];
        return `${encodeText(key)}:${encode(typedValue(type.element, member))}`;
      });
      return `{${members.join(',')}}`;
    }
    case 'pointer':
      return encode({ type: type.element, value });
    case 'struct':
      return `{${encodeFields(type, value).join(',')}}`;
    case 'string':
    case 'time':
      return encodeText(value as string);
    default:
      return typeof value === 'bigint' ? String(value) : JSON.stringify(value);
  }
}

function encodeFields(struct: StructType, data: object): string[] {
  return struct.fields().flatMap((field) => {
    if (field.embedded === true && field.type.kind === 'struct') return encodeFields(field.type, data);
    const member = fieldValue(field, data);
    if (field.omitEmpty === true && !isTrue(member)) return [];
    return [`${encodeText(field.json ?? field.name)}:${encode(member)}`];
  });
}

function encodeText(text: string): string {
  return JSON.stringify(text).replace(/[\u2028\u2029]/g, (character) =>
    character === '\u2028' ? '\\u2028' : '\\u2029',
  );
}
