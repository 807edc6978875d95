import assert from 'node:assert/strict';
import test from 'node:test';
import * as fc from 'fast-check';
import { sortTags } from './version-order.ts';

/** Each line is sorted as it should be. */
const orders: readonly (readonly [what: string, tags: string])[] = [
  ['numbers count as numbers', '1.27.10 1.27.9 1.27.2'],
  ['a shorter version before those that it stands for', '2 2.1 2.1.4 2.1.3 2.0 1 1.9 1.9.1'],
  ['a pre-release after its release', '1.0 1.0-rc2 1.0-rc1 1.0-beta.2 1.0-alpha 0.9'],
  ['pre-releases of Go and Python', '1.27 1.27rc2 1.27rc1 1.27beta1 1.26'],
  ['letters as Python writes them', '3.15.0 3.15.0c1 3.15.0b2 3.15.0a7 3.14.9'],
  ['variants after what they vary', '8.2 8.2-alpine 8.2-alpine3.20 8.2-alpine3.9 8.2-slim 8.1 8.1-alpine'],
  ['variants of pre-releases', '8.2 8.2-alpine 8.2-rc1 8.2-rc1-alpine 8.1'],
  ['v before a number', 'v2.0.1 v2.0.0 v1.9'],
  [
    'latest first, names and leftovers last',
    `latest 22.04 alpine bookworm stable 4f2ab19 sha256-${'a'.repeat(64)}.sig`,
  ],
  ['days behind versions, the newest first', 'latest 3.22 3.21 20260807 20250101 edge'],
  [
    'names with numbers, the newest first',
    'bookworm bookworm-20260812 bookworm-20260722 bookworm-20260722-slim trixie',
  ],
];

for (const [what, line] of orders) {
  test(`sortTags() puts ${what}`, () => {
    const sorted = line.split(' ');
    assert.deepEqual(sortTags([...sorted].reverse()), sorted);
    assert.deepEqual(sortTags([...sorted].sort()), sorted);
  });
}

test('sortTags() gives the same order wherever it starts, and loses no tag', () => {
  const word = fc.constantFrom(
    '1',
    '2',
    '10',
    '.',
    '-',
    'rc',
    'alpine',
    'a',
    'b',
    'v',
    'latest',
    '20260101',
    '_',
  );
  const tag = fc.array(word, { minLength: 1, maxLength: 6 }).map((words) => words.join(''));
  fc.assert(
    fc.property(fc.uniqueArray(tag, { maxLength: 12 }), fc.infiniteStream(fc.nat()), (tags, random) => {
      const shuffled = tags
        .map((name) => ({ name, at: random.next().value as number }))
        .sort((a, b) => a.at - b.at)
        .map(({ name }) => name);
      const sorted = sortTags(tags);
      assert.deepEqual(sortTags(shuffled), sorted);
      assert.deepEqual([...sorted].sort(), [...tags].sort());
    }),
  );
});

test('sortTags() takes 10,000 tags, and long ones, at once', () => {
  const tags = Array.from(
    { length: 10_000 },
    (_, index) => `${index % 40}.${index % 7}.${index}-rc${index % 9}`,
  );
  const long = ['1'.repeat(128), `1${'.1'.repeat(63)}`, 'a1'.repeat(64), `v${'9'.repeat(127)}`];
  const started = performance.now();
  assert.equal(sortTags([...tags, ...long]).length, 10_004);
  assert.ok(performance.now() - started < 2000);
});
