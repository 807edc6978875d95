import {
  anyType,
  boolType,
  floatType,
  mapOf,
  pointerTo,
  sliceOf,
  stringType,
  timeType,
  type GoType,
  type StructField,
  type StructType,
} from './go-value.ts';

/**
 * Struct types written much as Go writes them, one field a line: `Name type`, then `json:key` where the key differs
 * and `omitempty` where JSON leaves an empty one out; a line with only a type embeds it.
 *
 *     image.RootFS {
 *       Type string
 *       Layers []string omitempty
 *     }
 */
export function declareTypes(source: string): ReadonlyMap<string, StructType> {
  const types = new Map<string, StructType>();
  for (const [, name = '', body = ''] of source.matchAll(/([\w.]+) \{\n([^}]*)\}/g)) {
    let fields: readonly StructField[] | undefined;
    types.set(name, {
      kind: 'struct',
      name,
      fields: () =>
        (fields ??= body
          .trim()
          .split('\n')
          .filter(Boolean)
          .map((line) => parseField(line, types))),
    });
  }
  return types;
}

function parseField(line: string, types: ReadonlyMap<string, StructType>): StructField {
  const [name = '', type, ...notes] = line.trim().split(/\s+/);
  if (type === undefined) {
    return { name: name.slice(name.indexOf('.') + 1), type: parseType(name, types), embedded: true };
  }
  const key = notes.find((note) => note.startsWith('json:'))?.slice('json:'.length);
  return {
    name,
    type: parseType(type, types),
    ...(key === undefined ? {} : { json: key }),
    ...(notes.includes('omitempty') ? { omitEmpty: true } : {}),
  };
}

const plainTypes: Readonly<Record<string, GoType>> = {
  string: stringType,
  bool: boolType,
  float64: floatType,
  any: anyType,
  'time.Time': timeType,
};

function parseType(text: string, types: ReadonlyMap<string, StructType>): GoType {
  if (text.startsWith('*')) return pointerTo(parseType(text.slice(1), types));
  if (text.startsWith('[]')) return sliceOf(parseType(text.slice(2), types));
  if (text.startsWith('map[string]')) return mapOf(parseType(text.slice('map[string]'.length), types));
  if (/^u?int\d*$/.test(text)) return { kind: 'int', name: text };
  const type = plainTypes[text] ?? types.get(text);
  if (type !== undefined) return type;
  // A string with a name of its own, such as container.NetworkMode.
  return { kind: 'string', name: text };
}
