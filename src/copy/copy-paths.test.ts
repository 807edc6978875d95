import assert from 'node:assert/strict';
import test from 'node:test';
import { absolutePath, baseName, renamedTarget, splitEntry } from './copy-paths.ts';
import { prepareCopy } from './prepare-copy.ts';

test('absolutePath() cleans a path and keeps what says that a directory is meant', () => {
  const cases = {
    'a/../b': '/b',
    '/a//b/': '/a/b/',
    '/a/b/.': '/a/b/.',
    '../../x': '/x',
    '/': '/',
    '/.': '/.',
    '': '/.',
  };
  for (const [written, wanted] of Object.entries(cases)) assert.equal(absolutePath(written), wanted);
  assert.equal(absolutePath('../x/', '/home/me'), '/home/x/');
});

test('splitEntry() and baseName() know the content of a directory from the directory', () => {
  assert.deepEqual(splitEntry('/a/b'), { folder: '/a', base: 'b' });
  assert.deepEqual(splitEntry('/a/b/.'), { folder: '/a/b', base: '.' });
  assert.deepEqual(splitEntry('/'), { folder: '/', base: '/' });
  assert.equal(baseName('/a/b/'), 'b');
});

test('a link that is followed gives its name to the copy', () => {
  assert.deepEqual(renamedTarget('/a/link', '/b/file'), { path: '/b/file', rename: 'link' });
  assert.deepEqual(renamedTarget('/a/same', '/b/same'), { path: '/b/same', rename: undefined });
  assert.deepEqual(renamedTarget('/a/link/.', '/b/dir'), { path: '/b/dir/.', rename: undefined });
});

test('prepareCopy() puts a source into a directory that exists, and else gives it the name of the target', () => {
  const file = { path: '/src/f', isDirectory: false };
  const folder = { path: '/src/d', isDirectory: true };
  const there = { path: '/to', exists: true, isDirectory: true };
  const nothing = { path: '/to/new', exists: false, isDirectory: false };
  assert.deepEqual(prepareCopy(file, there), { folder: '/to', name: 'f' });
  assert.deepEqual(prepareCopy(folder, there), { folder: '/to', name: 'd' });
  assert.deepEqual(prepareCopy({ ...folder, path: '/src/d/.' }, there), { folder: '/to', name: '.' });
  assert.deepEqual(prepareCopy(file, nothing), { folder: '/to', name: 'new' });
  assert.deepEqual(prepareCopy(folder, nothing), { folder: '/to', name: 'new' });
  assert.throws(() => prepareCopy(folder, { ...nothing, exists: true }), {
    message: 'cannot copy directory',
  });
  assert.throws(() => prepareCopy(file, { ...nothing, path: '/to/new/' }), { message: 'no such directory' });
});
