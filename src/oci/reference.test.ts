import assert from 'node:assert/strict';
import test from 'node:test';
import * as fc from 'fast-check';
import {
  familiarName,
  familiarReference,
  formatReference,
  parseReference,
  withDefaultTag,
} from './reference.ts';

const hex = 'a1'.repeat(32);

for (const [text, full, familiar] of [
  ['ubuntu', 'docker.io/library/ubuntu:latest', 'ubuntu:latest'],
  ['ubuntu:14.04', 'docker.io/library/ubuntu:14.04', 'ubuntu:14.04'],
  ['foo/bar', 'docker.io/foo/bar:latest', 'foo/bar:latest'],
  ['docker.io/ubuntu', 'docker.io/library/ubuntu:latest', 'ubuntu:latest'],
  ['index.docker.io/a/b', 'docker.io/a/b:latest', 'a/b:latest'],
  [
    'registry.hub.docker.com/ubuntu',
    'registry.hub.docker.com/ubuntu:latest',
    'registry.hub.docker.com/ubuntu:latest',
  ],
  ['localhost/x', 'localhost/x:latest', 'localhost/x:latest'],
  ['localhost', 'docker.io/library/localhost:latest', 'localhost:latest'],
  ['localhost:5000/x:1', 'localhost:5000/x:1', 'localhost:5000/x:1'],
  ['[::1]:5000/x', '[::1]:5000/x:latest', '[::1]:5000/x:latest'],
  ['Abc/b', 'Abc/b:latest', 'Abc/b:latest'],
  ['a__b', 'docker.io/library/a__b:latest', 'a__b:latest'],
  ['foo:Bar', 'docker.io/library/foo:Bar', 'foo:Bar'],
  [`a@sha256:${hex}`, `docker.io/library/a@sha256:${hex}`, `a@sha256:${hex}`],
  [`a:t@sha256:${hex}`, `docker.io/library/a:t@sha256:${hex}`, `a:t@sha256:${hex}`],
] as const) {
  test(`parseReference() understands ${text}`, () => {
    const reference = withDefaultTag(parseReference(text));
    assert.equal(formatReference(reference), full);
    assert.equal(familiarReference(reference), familiar);
    assert.deepEqual(parseReference(full), reference);
    assert.deepEqual(parseReference(familiar), reference);
  });
}

test('familiarName() keeps what only looks official', () => {
  assert.equal(familiarName(parseReference('docker.io/library/a/b')), 'library/a/b');
  assert.equal(familiarName(parseReference('quay.io/library/a')), 'quay.io/library/a');
});

const format = 'invalid reference format';
for (const [text, message] of [
  ['', format],
  ['foo:', format],
  ['foo@', format],
  ['foo@sha256:abc', format],
  ['foo bar', format],
  ['::1/x', format],
  ['-x', format],
  ['a//b', format],
  ['a/b/', format],
  ['a___b', format],
  ['a..b', format],
  ['https://x/y', format],
  ['../../etc', format],
  [`foo:${'a'.repeat(129)}`, format],
  ['Foo', `${format}: repository name (library/Foo) must be lowercase`],
  ['a.b/C:tag', `${format}: repository name (C) must be lowercase`],
  ['example.com/Foo/bar', `${format}: repository name (Foo/bar) must be lowercase`],
  ['a'.repeat(300), 'repository name must not be more than 255 characters'],
  [hex, `invalid repository name (${hex}), cannot specify 64-byte hexadecimal strings`],
] as const) {
  test(`parseReference() refuses ${JSON.stringify(text.slice(0, 40))} in Docker's words`, () => {
    assert.throws(() => parseReference(text), { name: 'LamellaError', code: 'reference-invalid', message });
  });
}

test('parseReference() takes linear time on names made to backtrack', () => {
  for (const text of [
    `${'a-'.repeat(2000)}!`,
    `${'a'.repeat(4000)}!`,
    `${'a.'.repeat(2000)}/!`,
    '/'.repeat(4000),
  ]) {
    const start = performance.now();
    assert.throws(() => parseReference(text), { code: 'reference-invalid' });
    assert.ok(performance.now() - start < 200);
  }
});

test('what parseReference() takes, formatReference() gives back in a form that reads the same', () => {
  const part = fc.stringMatching(/^[a-z0-9]{1,5}([._-][a-z0-9]{1,3})?$/);
  const tag = fc.option(fc.stringMatching(/^[A-Za-z0-9_][A-Za-z0-9_.-]{0,8}$/), { nil: undefined });
  fc.assert(
    fc.property(fc.array(part, { minLength: 1, maxLength: 4 }), tag, (parts, tag) => {
      const reference = parseReference(parts.join('/') + (tag === undefined ? '' : `:${tag}`));
      assert.deepEqual(parseReference(formatReference(reference)), reference);
      assert.deepEqual(parseReference(familiarReference(reference)), reference);
    }),
  );
});
