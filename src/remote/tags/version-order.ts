/**
 * Tags as people look for them: `latest`, then versions from the newest down, then days, then names, and what programs
 * have left there (signatures, digests) at the end.
 *
 *     latest  4.0.0  4.0.0-rc2  3  3.20  3.20.1  3.20.1-alpine  3.20.1-rc1  3.19  20240807  bookworm  edge  sha256-….sig
 *
 * A version with fewer parts moves on to newer ones, so it stands before those that it may stand for. A pre-release
 * is older than its release. Variants (`-alpine`) follow what they are a variant of.
 */
export function sortTags(names: Iterable<string>): string[] {
  return [...names]
    .map(parseTag)
    .sort(compareTags)
    .map(({ name }) => name);
}

interface ParsedTag {
  readonly name: string;
  readonly rank: number;
  /** Of a version or a day. */
  readonly numbers: readonly number[];
  /** Of alpha, beta and release candidates; a release has none. */
  readonly stage: readonly [word: number, number: number];
  /** What is left: `alpine3.20`. */
  readonly variant: string;
}

const ranks = { latest: 0, version: 1, day: 2, name: 3, leftover: 4 } as const;
const release: readonly [number, number] = [Infinity, 0];

/** From the oldest to the newest. */
const stages: readonly (readonly string[])[] = [
  ['dev', 'nightly', 'snapshot', 'canary', 'experimental'],
  ['a', 'alpha'],
  ['b', 'beta', 'm', 'milestone', 'ea', 'preview', 'pre', 'testing'],
  ['c', 'cr', 'rc'],
];

const version = /^[vV]?(\d{1,15}(?:\.\d{1,15}){0,7})(?![0-9.])(.*)$/s;
const stage = /^[-._+]?([A-Za-z]+)[-._]?(\d{1,15})?(?![A-Za-z0-9])/;
const day = /^(?:19|20)\d{6}$/;

function parseTag(name: string): ParsedTag {
  const plain = { name, numbers: [], stage: release, variant: '' };
  if (name === 'latest') return { ...plain, rank: ranks.latest };
  if (/^sha256-[0-9a-f]{64}/.test(name) || /^(?=.*[a-f])(?=.*\d)[0-9a-f]{7,64}$/.test(name)) {
    return { ...plain, rank: ranks.leftover };
  }
  const [, digits, rest = ''] = version.exec(name) ?? [];
  if (digits === undefined || (rest !== '' && /^[A-Za-z]{2}/.test(rest) && stageOf(rest) === undefined)) {
    return { ...plain, rank: ranks.name };
  }
  const found = stageOf(rest);
  return {
    name,
    rank: day.test(digits) ? ranks.day : ranks.version,
    numbers: digits.split('.').map(Number),
    stage: found?.stage ?? release,
    variant: rest.slice(found?.length ?? 0),
  };
}

function stageOf(rest: string): { stage: readonly [number, number]; length: number } | undefined {
  const [text = '', word, number] = stage.exec(rest) ?? [];
  const at = stages.findIndex((words) => words.includes(word?.toLowerCase() ?? ''));
  return at < 0 ? undefined : { stage: [at, Number(number ?? Infinity)], length: text.length };
}

function compareTags(a: ParsedTag, b: ParsedTag): number {
  return (
    a.rank - b.rank ||
    compareNumbers(a.numbers, b.numbers) ||
    descending(a.stage[0], b.stage[0]) ||
    descending(a.stage[1], b.stage[1]) ||
    compareNatural(a.variant, b.variant) ||
    compareNatural(a.name, b.name)
  );
}

/** A part that is missing stands for the newest that there will be. */
function compareNumbers(a: readonly number[], b: readonly number[]): number {
  for (let index = 0; index < Math.max(a.length, b.length); index += 1) {
    const order = descending(a[index] ?? Infinity, b[index] ?? Infinity);
    if (order !== 0) return order;
  }
  return 0;
}

/** Words from A to Z, numbers in them from the highest down; what is but the beginning of another comes first. */
function compareNatural(a: string, b: string): number {
  const [left, right] = [pieces(a), pieces(b)];
  for (let index = 0; index < Math.min(left.length, right.length); index += 1) {
    const [one = '', other = ''] = [left[index], right[index]];
    if (one === other) continue;
    const bothNumbers = /^\d/.test(one) && /^\d/.test(other);
    const order = bothNumbers ? descending(Number(one), Number(other)) : one < other ? -1 : 1;
    if (order !== 0) return order;
  }
  return left.length - right.length || (a < b ? -1 : Number(a > b));
}

function pieces(text: string): readonly string[] {
  return text.match(/\d+|\D+/g) ?? [];
}

function descending(a: number, b: number): number {
  return a === b ? 0 : a > b ? -1 : 1;
}
