import { LamellaError } from '../base/errors.ts';

/** `--filter key=value`, gathered by key as the Docker Engine API takes them. A key that is not known raises Docker's error. */
export type Filters = Readonly<Record<string, readonly string[]>>;

/** @throws LamellaError invalid `filter-invalid` for a key that is none of these */
export function assertKnownFilters(filters: Filters, known: readonly string[]): void {
  for (const key of Object.keys(filters)) {
    if (!known.includes(key)) throw invalidFilter(`invalid filter '${key}'`);
  }
}

const booleans: ReadonlyMap<string, boolean> = new Map([
  ['1', true],
  ['true', true],
  ['0', false],
  ['false', false],
]);

/** The value of a filter that is true or false; undefined where it is not given. */
export function booleanFilter(filters: Filters, key: string): boolean | undefined {
  const values = filters[key] ?? [];
  if (values.length === 0) return undefined;
  const truths = new Set(values.map((value) => booleans.get(value)));
  const [truth] = truths;
  if (truths.size === 1 && truth !== undefined) return truth;
  throw invalidFilter(`invalid filter '${key}=[${values.join(' ')}]'`);
}

/** Whether the labels have every one of these: `key`, or `key=value`. */
export function matchesLabels(
  labels: Readonly<Record<string, string>> | undefined,
  wanted: readonly string[],
): boolean {
  return wanted.every((pattern) => {
    const equals = pattern.indexOf('=');
    const key = equals < 0 ? pattern : pattern.slice(0, equals);
    if (labels === undefined || !Object.hasOwn(labels, key)) return false;
    return equals < 0 || labels[key] === pattern.slice(equals + 1);
  });
}

/** One name or the other matches Docker's `reference` patterns: the familiar one with its tag or digest, or without. */
export function matchesReference(familiar: string, patterns: readonly RegExp[]): boolean {
  const at = familiar.indexOf('@');
  const withoutDigest = at < 0 ? familiar : familiar.slice(0, at);
  const colon = withoutDigest.lastIndexOf(':');
  const hasTag = at < 0 && colon > withoutDigest.lastIndexOf('/');
  const repository = hasTag ? withoutDigest.slice(0, colon) : withoutDigest;
  return patterns.some((pattern) => pattern.test(familiar) || pattern.test(repository));
}

/**
 * A pattern of Go's path.Match as a regular expression: `*` and `?` stop at slashes, `[a-z]` and `[^a-z]` are classes, `\`
 * takes the next character as it is.
 *
 * @throws LamellaError invalid `filter-invalid`, as Go words it
 */
export function parseGlob(glob: string): RegExp {
  let pattern = '';
  let rest = glob;
  while (rest !== '') {
    const [piece, regular] = globPiece(rest);
    pattern += regular;
    rest = rest.slice(piece);
  }
  return new RegExp(`^${pattern}$`, 'u');
}

function globPiece(glob: string): [length: number, regular: string] {
  if (glob.startsWith('*')) return [/^\*+/.exec(glob)?.[0].length ?? 1, '[^/]*'];
  if (glob.startsWith('?')) return [1, '[^/]'];
  if (glob.startsWith('[')) return globClass(glob);
  const escaped = glob.startsWith('\\');
  const character = String.fromCodePoint(glob.codePointAt(escaped ? 1 : 0) ?? 0);
  if (escaped && glob.length === 1) throw badPattern();
  return [character.length + (escaped ? 1 : 0), RegExp.escape(character)];
}

function globClass(glob: string): [length: number, regular: string] {
  const character = String.raw`(?:\\[^]|[^\\\]\-])`;
  const match = new RegExp(String.raw`^\[(\^|(?!\^))((?:${character}(?:-${character})?)+)\]`, 'u').exec(glob);
  if (match === null) throw badPattern();
  const members = (match[2] ?? '').replace(
    /\\([^])|([^\\-])/gu,
    (_, escaped?: string, plain?: string) => `\\u{${(escaped ?? plain ?? '').codePointAt(0)?.toString(16)}}`,
  );
  try {
    return [match[0].length, new RegExp(`[${match[1]}${members}]`, 'u').source];
  } catch {
    throw badPattern();
  }
}

function badPattern(): LamellaError {
  return invalidFilter('syntax error in pattern');
}

function invalidFilter(message: string): LamellaError {
  return new LamellaError('invalid', message, { code: 'filter-invalid' });
}
