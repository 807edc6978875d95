import assert from 'node:assert/strict';
import test from 'node:test';
import { parseIgnoreFile, patternSet } from './patterns.ts';

const cases: readonly (readonly [patterns: string[], path: string, excluded: boolean])[] = [
  [['**'], 'file', true],
  [['**/'], 'file', true],
  [['**'], 'dir/file', true],
  [['dir/**'], 'dir/file', true],
  [['dir/**'], 'dir/dir2/file', true],
  [['dir/**'], 'dirty', false],
  [['**/dir'], 'dir', true],
  [['**/dir'], 'dir/file', true],
  [['**/dir2/*'], 'dir/dir2/file', true],
  [['**/dir2/**'], 'dir/dir2/dir2/file', true],
  [['**file'], 'file', true],
  [['**file'], 'dir/file', true],
  [['**/file'], 'dir/file', true],
  [['**/*.txt'], 'dir/dir/file.txt', true],
  [['**/*.txt'], 'dir/file.txt2', false],
  [['a**/*.txt'], 'a/file.txt', true],
  [['a**/*.txt'], 'a/dir/file.txt', true],
  [['a/*.txt'], 'a/b/file.txt', false],
  [['a[b-d]e'], 'ace', true],
  [['a[b-d]e'], 'ae', false],
  [['a[^b-d]e'], 'aze', true],
  [['.*'], '.foo', true],
  [['.*'], 'foo', false],
  [['abc.def'], 'abcZdef', false],
  [['abc?def'], 'abcZdef', true],
  [['a\\*b'], 'a*b', true],
  [['a\\*b'], 'aab', false],
  [['dir'], 'dir/deep/file', true],
  [['/dir/'], 'dir/file', true],
  [['./dir/../other'], 'other', true],
  [['dir', '!dir/keep'], 'dir/keep', false],
  [['dir', '!dir/keep'], 'dir/other', true],
  [['dir', '!dir/keep', 'dir/keep/not'], 'dir/keep/not/x', true],
  [['*', '!*.md'], 'README.md', false],
  [['*', '!*.md', 'README-secret.md'], 'README-secret.md', true],
  [['*', '!src'], 'src/main.c', false],
  [['!a', 'a'], 'a', true],
  [['.'], 'a', false],
  [['(x)+{1}|$'], '(x)+{1}|$', true],
];

for (const [patterns, path, excluded] of cases) {
  test(`${patterns.join(' ')} ${excluded ? 'excludes' : 'leaves'} ${path}`, () => {
    assert.equal(patternSet(patterns).excludes(path), excluded);
  });
}

test('an ignore file has comments, blank lines and white space around', () => {
  const patterns = parseIgnoreFile('\uFEFF# comment\n\n  *.log  \n!keep.log\r\n #no comment\n');
  assert.equal(patterns.excludes('a.log'), true);
  assert.equal(patterns.excludes('keep.log'), false);
  assert.equal(patterns.excludes('#no comment'), true);
});

test('only where an exception may lie below is an excluded directory looked into', () => {
  const patterns = patternSet(['*', '!src/*/keep', '!docs/a.md']);
  assert.deepEqual(
    ['node_modules', 'src', 'src/x', 'docs', 'docs/b'].map((path) => patterns.mayHoldExceptions(path)),
    [false, true, true, true, false],
  );
  assert.equal(patternSet(['*', '!**/*.md']).mayHoldExceptions('any/where'), true);
});

test('what is said of a directory holds below it, in whatever order one asks', () => {
  const patterns = patternSet(['a', '!a/b', 'c/**']);
  const paths = ['a/x', 'c/d/e', 'a/b/y', 'a', 'c', 'a/b', 'd'];
  assert.deepEqual(
    paths.map((path) => patterns.excludes(path)),
    [true, true, false, true, false, false, false],
  );
});

test('patterns that mean nothing are refused', () => {
  assert.throws(() => patternSet(['!']), { message: 'illegal exclusion pattern: "!"' });
  assert.throws(() => patternSet(['a[']), {
    message: 'error from pattern "a[": syntax error in pattern',
    code: 'ignore-pattern-invalid',
  });
});
