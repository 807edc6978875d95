import assert from 'node:assert/strict';
import test from 'node:test';
import { isLamellaError } from '../../base/errors.ts';
import { resolveUser } from './user.ts';

const files = {
  passwd: [
    'root:x:0:0:root:/root:/bin/sh',
    '# a comment',
    'www:x:33:33:www:/var/www:/bin/sh',
    '4294967296:x:0:0:trap:/root:/bin/sh',
    'broken:x:abc',
    'huge:x:4294967296:0::/:/bin/sh',
  ].join('\n'),
  group: 'root:x:0:\nwww:x:33:\nextra:x:44:other,www\nmore:x:45:www,root\n',
};
const resolve = (text: string): object => resolveUser(text, files);
const refuses = (text: string, message: string): void =>
  assert.throws(
    () => resolve(text),
    (error) => isLamellaError(error, 'invalid') && error.message === message,
  );

test('nobody in particular is root, with the groups that root is in', () => {
  assert.deepEqual(resolve(''), { uid: 0, gid: 0, additionalGids: [0, 45], home: '/root' });
});

test('a name brings its group, its other groups and its home', () => {
  assert.deepEqual(resolve('www'), { uid: 33, gid: 33, additionalGids: [33, 44, 45], home: '/var/www' });
});

test('a number is looked up like a name', () => {
  assert.deepEqual(resolve('33'), resolve('www'));
});

test('a number that no line has is taken as it is', () => {
  assert.deepEqual(resolve('5000:55'), { uid: 5000, gid: 55, additionalGids: [55], home: '' });
});

test('a group that is asked for stands alone', () => {
  assert.deepEqual(resolve('www:extra'), { uid: 33, gid: 44, additionalGids: [44], home: '/var/www' });
});

test('unknown users and groups are refused in Docker’s words', () => {
  refuses('nobody', 'unable to find user nobody: no matching entries in passwd file');
  refuses('www:zz', 'unable to find group zz: no matching entries in group file');
});

test('digits are never a name, whatever a line of the image’s passwd says (CVE-2024-40635)', () => {
  const range = 'uids and gids must be in range 0-2147483647';
  refuses('4294967296', range);
  refuses('99999999999999999999', range);
  refuses('-1', range);
  refuses('0:2147483648', range);
  refuses('huge', 'unable to find user huge: no matching entries in passwd file');
});

test('the largest id that the kernel takes is taken', () => {
  assert.deepEqual(resolveUser('2147483647', { passwd: '', group: '' }).uid, 2147483647);
});
