import assert from 'node:assert/strict';
import test from 'node:test';
import { openImageLab } from '../../test/support/images.ts';
import { isLamellaError } from '../base/errors.ts';
import { digestHex, digestOf } from '../oci/digest.ts';
import { parseReference } from '../oci/reference.ts';

const notFound =
  (message: string) =>
  (error: unknown): boolean =>
    isLamellaError(error, 'not-found') && error.message === message;

test('find() takes an ID, its beginning, its digits, and a name with or without tag', async (t) => {
  const lab = openImageLab(t);
  const { id } = await lab.add({ label: 'a', names: ['ubuntu', 'registry.test/team/app:1'] });
  const hex = digestHex(id);
  const texts = [id, hex, hex.slice(0, 12), hex.slice(0, 4), `sha256:${hex.slice(0, 9)}`];
  for (const text of [
    ...texts,
    'ubuntu',
    'ubuntu:latest',
    'docker.io/library/ubuntu',
    'registry.test/team/app:1',
  ]) {
    assert.equal(lab.images.find(text).id, id, text);
  }
});

test('find() by digest looks at the digest alone, whatever tag stands before it', async (t) => {
  const lab = openImageLab(t);
  const digest = digestOf('manifest');
  const { id } = await lab.add({ label: 'a', names: [`app@${digest}`] });
  assert.equal(lab.images.find(`app@${digest}`).id, id);
  assert.equal(lab.images.find(`app:other@${digest}`).id, id);
  assert.throws(() => lab.images.find(`other@${digest}`), notFound(`No such image: other@${digest}`));
});

test('find() prefers a name to the beginning of an ID', async (t) => {
  const lab = openImageLab(t);
  const { id } = await lab.add({ label: 'a' });
  const prefix = digestHex(id).slice(0, 4);
  const named = await lab.add({ label: 'b', names: [prefix] });
  assert.equal(lab.images.find(prefix).id, named.id);
  assert.equal(lab.images.find(digestHex(id).slice(0, 5)).id, id);
});

test('find() words its errors as Docker does', (t) => {
  const lab = openImageLab(t);
  const cases: readonly (readonly [text: string, message: string])[] = [
    ['nosuch', 'No such image: nosuch:latest'],
    ['nosuch:x', 'No such image: nosuch:x'],
    ['docker.io/library/nosuch', 'No such image: nosuch:latest'],
    ['abc', 'No such image: abc:latest'],
    ['sha256:abc', 'No such image: sha256:abc'],
    ['0'.repeat(64), `No such image: sha256:${'0'.repeat(64)}`],
    [`sha256:${'0'.repeat(64)}`, `No such image: sha256:${'0'.repeat(64)}`],
  ];
  for (const [text, message] of cases) assert.throws(() => lab.images.find(text), notFound(message), text);
  assert.throws(
    () => lab.images.find('UPPER'),
    (error) => isLamellaError(error, 'invalid') && /must be lowercase/.test(error.message),
  );
});

test('find() finds nothing where it could be several, and the hint says which', async (t) => {
  const lab = openImageLab(t);
  const ids = await Promise.all(
    Array.from({ length: 40 }, async (_, n) => (await lab.add({ label: `${n}` })).id),
  );
  const digit = '0123456789abcdef'
    .split('')
    .find((d) => ids.filter((id) => digestHex(id).startsWith(d)).length > 1);
  assert.ok(digit !== undefined);
  assert.throws(
    () => lab.images.find(digit),
    (error) =>
      isLamellaError(error) &&
      error.code === 'image-ambiguous' &&
      error.message === `No such image: ${digit}:latest` &&
      ids.some((id) => error.hint?.includes(id)),
  );
});

test('find() does not see a removed image, but NAME@{n} does while it can be restored', async (t) => {
  const lab = openImageLab(t);
  const a = await lab.add({ label: 'a', names: ['app:1'] });
  const b = await lab.add({ label: 'b', names: ['app:1'] });
  assert.equal(lab.images.find('app:1@{0}').id, b.id);
  assert.equal(lab.images.find('app:1@{1}').id, a.id);
  lab.images.remove(a.id);
  assert.throws(() => lab.images.find(a.id), notFound(`No such image: ${a.id}`));
  assert.notEqual(lab.images.find('app:1@{1}').removedAt, undefined);
  lab.images.tag(lab.images.find('app:1@{1}').id, parseReference('app:old'));
  assert.equal(lab.images.find('app:old').id, a.id);
  assert.throws(() => lab.images.find('app:1@{2}'), notFound('No such image: app:1@{2}'));
  lab.images.remove('app:1');
  assert.throws(() => lab.images.find('app:1@{0}'), notFound('No such image: app:1@{0}'));
  assert.equal(lab.images.find('app:1@{1}').id, b.id);
});

test('tag() refuses what Docker refuses', async (t) => {
  const lab = openImageLab(t);
  const { id } = await lab.add({ label: 'a' });
  assert.throws(
    () => lab.images.tag(id, parseReference('sha256:abc')),
    /ambiguous tag using digest algorithm/,
  );
  assert.throws(() => lab.images.tag(id, parseReference(`a@${id}`)), /create a tag with a digest reference/);
});
