/** What {@link formatGoJson} takes. Fields that are undefined are left out. */
export type GoJson =
  | null
  | boolean
  | number
  | string
  | readonly GoJson[]
  | { readonly [name: string]: GoJson | undefined };

const escapes: Readonly<Record<string, string>> = {
  '<': '\\u003c',
  '>': '\\u003e',
  '&': '\\u0026',
  '\u2028': '\\u2028',
  '\u2029': '\\u2029',
};

/**
 * JSON as Go's encoding/json writes it: compact, with `<`, `>`, `&` and the line separators escaped. Fields stay in
 * their order; see {@link sortedMap} for what is a map in Go.
 */
export function formatGoJson(value: GoJson): string {
  return JSON.stringify(value).replace(/[<>&\u2028\u2029]/g, (character) => escapes[character] ?? character);
}

/** The same entries ordered by name, byte-wise in UTF-8, as Go writes a map. */
export function sortedMap<T>(map: Readonly<Record<string, T>>): Record<string, T> {
  const entries = Object.entries(map).map(([name, value]) => ({ name, value, key: Buffer.from(name) }));
  entries.sort((a, b) => Buffer.compare(a.key, b.key));
  return Object.fromEntries(entries.map(({ name, value }) => [name, value]));
}
