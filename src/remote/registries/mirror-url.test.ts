import assert from 'node:assert/strict';
import test from 'node:test';
import { parseMirrorUrl, splitMirrorUrl } from './mirror-url.ts';

test('parseMirrorUrl() drops slashes at the end and keeps a path', () => {
  assert.equal(parseMirrorUrl('https://Mirror.example/'), 'https://mirror.example');
  assert.equal(parseMirrorUrl('http://127.0.0.1:5000'), 'http://127.0.0.1:5000');
  assert.equal(parseMirrorUrl('https://mirror.example:443/docker.io//'), 'https://mirror.example/docker.io');
  assert.equal(parseMirrorUrl('https://[::1]:5000/'), 'https://[::1]:5000');
});

test('splitMirrorUrl() finds what a server has before the paths of repositories', () => {
  assert.deepEqual(splitMirrorUrl('https://m.example'), { url: 'https://m.example' });
  assert.deepEqual(splitMirrorUrl('https://m.example/docker.io'), { url: 'https://m.example/docker.io' });
  assert.deepEqual(splitMirrorUrl(parseMirrorUrl('https://m.example/v2/')), { url: 'https://m.example' });
  assert.deepEqual(splitMirrorUrl(parseMirrorUrl('https://m.example/v2/hub/io/')), {
    url: 'https://m.example',
    pathPrefix: 'hub/io',
  });
  assert.deepEqual(splitMirrorUrl('https://v2.example/a/v2/b'), {
    url: 'https://v2.example/a',
    pathPrefix: 'b',
  });
});

const refused: readonly (readonly [url: string, message: string])[] = [
  [
    'mirror.example',
    `invalid mirror: no scheme specified for "mirror.example": must use either 'https://' or 'http://'`,
  ],
  [
    'mirror.example:5000',
    `invalid mirror: no scheme specified for "mirror.example:5000": must use either 'https://' or 'http://'`,
  ],
  [
    'ftp://mirror.example',
    `invalid mirror: unsupported scheme "ftp" in "ftp://mirror.example": must use either 'https://' or 'http://'`,
  ],
  [
    'https://mirror.example?q=foo',
    'invalid mirror: query or fragment at end of the URI "https://mirror.example?q=foo"',
  ],
  [
    'https://mirror.example/#frag',
    'invalid mirror: query or fragment at end of the URI "https://mirror.example/#frag"',
  ],
  [
    'http://foo:bar@mirror.example/',
    'invalid mirror: username/password not allowed in URI "http://foo:xxxxx@mirror.example/"',
  ],
  [
    'https://mirror.example/v2/Hub%20',
    'invalid mirror: what follows /v2/ in "https://mirror.example/v2/Hub%20" is not the path of a repository',
  ],
  ['https://', 'invalid mirror: "https://" is not a valid URI'],
  ['https://../', 'invalid mirror: "https://../" is not a valid URI'],
  ['https://a b/', 'invalid mirror: "https://a b/" is not a valid URI'],
];

for (const [url, message] of refused) {
  test(`parseMirrorUrl() refuses ${url} in Docker's words`, () => {
    assert.throws(() => parseMirrorUrl(url), { message, code: 'mirror-invalid', kind: 'invalid' });
  });
}
