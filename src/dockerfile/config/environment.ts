/** The variables of `NAME=value` lines. */
export function environmentOf(env: readonly string[] | undefined): Map<string, string> {
  const values = new Map<string, string>();
  for (const line of env ?? []) {
    const equals = line.indexOf('=');
    if (equals > 0) values.set(line.slice(0, equals), line.slice(equals + 1));
  }
  return values;
}
