import assert from 'node:assert/strict';
import test from 'node:test';
import { booleanFilter, matchesLabels, matchesReference, parseGlob } from './filters.ts';

const globs: readonly (readonly [glob: string, text: string, matches: boolean])[] = [
  ['a*', 'abc', true],
  ['a*', 'a/c', false],
  ['a?c', 'abc', true],
  ['a?c', 'a/c', false],
  ['[a-c]x', 'bx', true],
  ['[^a-c]x', 'bx', false],
  ['[^a-c]x', 'dx', true],
  ['[a\\]]x', ']x', true],
  ['a.c', 'abc', false],
  ['a\\*', 'a*', true],
  ['a\\*', 'ab', false],
  ['*:1', 'é:1', true],
  ['', '', true],
  ['(a+)+', '(a+)+', true],
];

test('parseGlob() matches as path.Match of Go does', () => {
  for (const [glob, text, matches] of globs)
    assert.equal(parseGlob(glob).test(text), matches, `${glob} ${text}`);
});

test('parseGlob() refuses what path.Match refuses', () => {
  for (const glob of ['[', 'a[', '[]', '[a', '[a-]', '[-a]', '[c-a]', 'a\\', '[^]']) {
    assert.throws(() => parseGlob(glob), { message: 'syntax error in pattern' }, glob);
  }
});

test('matchesReference() compares with tag and without', () => {
  const matches = (name: string, glob: string): boolean => matchesReference(name, [parseGlob(glob)]);
  assert.ok(matches('ubuntu:14.04', 'ubuntu'));
  assert.ok(matches('ubuntu:14.04', 'ubuntu:1*'));
  assert.ok(!matches('localhost:5000/ubuntu:14.04', 'ubuntu'));
  assert.ok(matches('localhost:5000/ubuntu:14.04', '*/ubuntu'));
  assert.ok(matches(`ubuntu@sha256:${'a'.repeat(64)}`, 'ubuntu'));
});

test('matchesLabels() wants every label, and the value where one is given', () => {
  const labels = { a: '1', b: 'x=y' };
  assert.ok(matchesLabels(labels, ['a', 'b=x=y']));
  assert.ok(!matchesLabels(labels, ['a=2']));
  assert.ok(!matchesLabels(labels, ['toString']));
  assert.ok(!matchesLabels(undefined, ['a']));
  assert.ok(matchesLabels(undefined, []));
});

test('booleanFilter() takes what Go takes for a boolean, and no name that objects inherit', () => {
  assert.equal(booleanFilter({ dangling: ['1', 'true'] }, 'dangling'), true);
  assert.equal(booleanFilter({ dangling: ['0'] }, 'dangling'), false);
  assert.equal(booleanFilter({}, 'dangling'), undefined);
  for (const values of [['yes'], ['constructor'], ['true', 'false']])
    assert.throws(() => booleanFilter({ dangling: values }, 'dangling'), /invalid filter 'dangling=/);
});
