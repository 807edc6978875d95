import assert from 'node:assert/strict';
import test from 'node:test';
import { assert as check, constantFrom, pre, property, string } from 'fast-check';
import { expandWord } from './expand-word.ts';

const values = new Map([
  ['A', 'foobarfoo'],
  ['E', ''],
  ['P', '/usr/local/bin/app.tar.gz'],
]);
const lookup = (name: string): string | undefined => values.get(name);

// Every expectation is what BuildKit 0.25 (Docker 28.5) made of the same word in an ENV.
const expanded: readonly (readonly [word: string, value: string])[] = [
  ['${A#foo}', 'barfoo'],
  ['${A##*o}', ''],
  ['${A%foo}', 'foobar'],
  ['${A%%o*}', 'f'],
  ['${A/foo/X}', 'Xbarfoo'],
  ['${A//foo/X}', 'XbarX'],
  ['${A/#foo/X}', 'foobarfoo'],
  ['${P##*/}', 'app.tar.gz'],
  ['${P%%.*}', '/usr/local/bin/app'],
  ['${P%/*}', '/usr/local/bin'],
  ['${A#*b}', 'arfoo'],
  ['${A/o?/Y}', 'fYbarfoo'],
  ['${U:-d}', 'd'],
  ['${U-d}', 'd'],
  ['${E:-d}', 'd'],
  ['${E-d}', ''],
  ['${E:+x}', ''],
  ['${E+x}', 'x'],
  ['${A:+x$A}', 'xfoobarfoo'],
  ['${U:-${A%foo}}', 'foobar'],
  ['"${A}"', 'foobarfoo'],
  ["'${A}'", '${A}'],
  ['\\${A}', '${A}'],
  ['"\\$A"', '$A'],
  ['a\\ b', 'a b'],
  ['"a b"', 'a b'],
  ['"a\\b"', 'a\\b'],
  ['${A//o/0}', 'f00barf00'],
  ['${A//\\*/s}', 'foobarfoo'],
  ['${A/oo/}', 'fbarfoo'],
  ['x${U:-y${A#foo}}z', 'xybarfooz'],
  ['${A#}', 'foobarfoo'],
  ['${A%}', 'foobarfoo'],
  ['${A/f*r/Q}', 'Qfoo'],
  ['${A##f*f}', 'oo'],
  ['${A#?}', 'oobarfoo'],
  ['${A%?}', 'foobarfo'],
  ['${P//\\//_}', '_usr_local_bin_app.tar.gz'],
  ['${A:-}', 'foobarfoo'],
];

for (const [word, value] of expanded) {
  test(`expandWord() makes ${JSON.stringify(value)} of ${word}`, () => {
    assert.equal(expandWord(word, lookup), value);
  });
}

test('a pattern that is not replaced by anything is refused in BuildKit’s words', () => {
  assert.throws(() => expandWord('${A//o}', lookup), {
    message: 'failed to process "${A//o}": syntax error: missing \'/\' in ${}',
  });
});

test('a literal before a nested modifier stays, which BuildKit drops', () => {
  assert.equal(expandWord('${U:-x${V:-y}z}', lookup), 'xyz');
});

test('a backtick escapes where the directive says so', () => {
  assert.equal(expandWord('`$A C:\\dir', lookup, { escape: '`' }), '$A C:\\dir');
});

test('in a here-document quotes are characters, and only variables are escaped', () => {
  const word = 'say "$A" \'${E:-e}\' \\$A \\n';
  assert.equal(expandWord(word, lookup, { keepQuotes: true }), 'say "foobarfoo" \'e\' $A \\n');
});

test('variables without a value are told, also where they have a default', () => {
  const unset: string[] = [];
  expandWord('$A $X ${Y} ${Z:-z} ${W#w}', lookup, { onUnset: (name) => unset.push(name) });
  assert.deepEqual(unset, ['X', 'Y', 'Z', 'W']);
});

test('what has no special characters is left as it is', () => {
  check(
    property(string(), (text) => {
      pre(!/[\\'"$]/.test(text));
      assert.equal(expandWord(text, lookup), text);
    }),
  );
});

test('trimming takes what the pattern matches, and nothing else', () => {
  const word = string({ unit: constantFrom('a', 'b', '.') });
  check(
    property(word, word, (left, right) => {
      const value = left + right;
      const of = (text: string): string => expandWord(text, (name) => (name === 'V' ? value : left));
      assert.equal(of(`\${V#${left}}`), right);
      assert.equal(of(`\${V%${right}}`), left);
    }),
  );
});
