import assert from 'node:assert/strict';
import test from 'node:test';
import { isLamellaError } from '../base/errors.ts';
import { adjectives, surnames } from './name-words.ts';
import { parseContainerName, randomName } from './names.ts';

test('randomName() gives names that may be given', () => {
  for (let attempt = 0; attempt < 50; attempt += 1) {
    const name = randomName(attempt);
    assert.match(name, /^[a-z]+_[a-z]+[0-9]*$/);
    assert.equal(parseContainerName(name), name);
  }
});

test('no word is there twice', () => {
  assert.equal(new Set(adjectives).size, adjectives.length);
  assert.equal(new Set(surnames).size, surnames.length);
});

test('parseContainerName() drops one leading slash', () => {
  assert.equal(parseContainerName('/web.1_a-B'), 'web.1_a-B');
});

test('parseContainerName() refuses what cannot be a name, in Docker’s words', () => {
  for (const text of ['_', 'a', 'a b', '-a', 'a/b', '', 'ä1']) {
    assert.throws(
      () => parseContainerName(text),
      (error) =>
        isLamellaError(error, 'invalid') &&
        error.message === `Invalid container name (${text}), only [a-zA-Z0-9][a-zA-Z0-9_.-] are allowed`,
    );
  }
});
