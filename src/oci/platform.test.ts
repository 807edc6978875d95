import assert from 'node:assert/strict';
import test from 'node:test';
import { choosePlatform, formatPlatform, hostPlatform, matchPlatform, parsePlatform } from './platform.ts';

const host = { os: 'linux', architecture: 'amd64' };

for (const [text, formatted] of [
  ['linux/amd64', 'linux/amd64'],
  ['LINUX/X86_64', 'linux/amd64'],
  ['arm', 'linux/arm'],
  ['linux/arm/v6', 'linux/arm/v6'],
  ['linux/arm/6', 'linux/arm/v6'],
  ['linux/arm64/v8', 'linux/arm64/v8'],
  ['linux/aarch64', 'linux/arm64'],
  ['aarch64', 'linux/arm64'],
  ['windows', 'windows/amd64'],
  ['macos/arm64', 'darwin/arm64'],
] as const) {
  test(`parsePlatform() reads ${text} as ${formatted}`, () => {
    assert.equal(formatPlatform(parsePlatform(text, host)), formatted);
  });
}

for (const [text, message] of [
  ['foo', '"foo": unknown operating system or architecture: invalid argument'],
  ['a/b/c/d', '"a/b/c/d": cannot parse platform specifier: invalid argument'],
  [
    'linux/x y',
    '"x y" is an invalid component of "linux/x y": platform specifier component must match "^[A-Za-z0-9_.-]+$": invalid argument',
  ],
] as const) {
  test(`parsePlatform() refuses ${text} in Docker's words`, () => {
    assert.throws(() => parsePlatform(text, host), { code: 'platform-invalid', message });
  });
}

test('matchPlatform() lets an older arm run on a newer one, and not the other way round', () => {
  const v5 = parsePlatform('linux/arm/v5', host);
  const v7 = parsePlatform('linux/arm/v7', host);
  assert.equal(matchPlatform(v7, v7), 0);
  assert.equal(matchPlatform(v7, v5), 2);
  assert.equal(matchPlatform(v5, v7), undefined);
  assert.equal(matchPlatform(parsePlatform('linux/arm64', host), parsePlatform('linux/arm64/v8', host)), 0);
  assert.equal(matchPlatform(host, parsePlatform('windows/amd64', host)), undefined);
});

test('choosePlatform() takes the best match, the first of equals, and none where none fits', () => {
  const candidates = ['linux/arm/v5', 'linux/arm/v6', 'linux/arm/v6', 'linux/amd64'].map((text, index) => ({
    index,
    platform: parsePlatform(text, host),
  }));
  assert.equal(choosePlatform(parsePlatform('linux/arm/v7', host), candidates)?.index, 1);
  assert.equal(choosePlatform(parsePlatform('linux/s390x', host), candidates), undefined);
});

test('hostPlatform() is one that parsePlatform() knows', () => {
  assert.deepEqual(
    parsePlatform(hostPlatform().architecture, host).architecture,
    hostPlatform().architecture,
  );
});
