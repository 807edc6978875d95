import assert from 'node:assert/strict';
import test from 'node:test';
import { type ByteString, toByteString } from '../../src/base/byte-string.ts';
import { formatTarHeader } from '../../src/tar/writer.ts';
import { archiveOf, escapeName, gnuTarList, rawMember, rawPax, scan } from '../support/tar-archive.ts';

const tooLong = { kind: 'invalid', code: 'tar-path-too-long', message: /^file name too long/ };

function longName(name: string): Buffer {
  return archiveOf(
    rawMember({ type: 'L', magic: 'ustar  \0' }, `${name}\0`),
    rawMember({ magic: 'ustar  \0' }),
  );
}

test('a path of 1,000 levels is read, one that Linux could not hold is refused', () => {
  const deep = 'd/'.repeat(1000);
  assert.equal(scan(longName(`${deep}f`))[0]?.path, `${deep}f`);
  assert.equal(scan(longName('d/'.repeat(2047)))[0]?.path.length, 4094);
  assert.throws(() => scan(longName('d/'.repeat(2048))), tooLong);
  assert.throws(() => scan(archiveOf(rawPax({ path: 'd/'.repeat(2048) }), rawMember({}))), tooLong);
});

test('a name of 255 bytes is read, one of 300 refused, in a path too', () => {
  assert.equal(scan(longName('n'.repeat(255)))[0]?.path.length, 255);
  for (const name of ['n'.repeat(300), `a/${'n'.repeat(256)}/b`])
    assert.throws(() => scan(longName(name)), tooLong);
});

test('a symlink may point to names that no file has, but not to more than Linux takes', () => {
  const link = (target: string): Buffer =>
    archiveOf(rawPax({ linkpath: target }), rawMember({ name: 'l', type: '2', linkName: 't' }));
  assert.equal(scan(link('n'.repeat(4095)))[0]?.linkPath.length, 4095);
  assert.throws(() => scan(link('n'.repeat(4096))), tooLong);
});

test('the longest path is an option', () => {
  assert.throws(() => scan(longName('n/'.repeat(200)), 512, { maxPath: 300 }), tooLong);
});

const names: readonly (readonly [what: string, name: Uint8Array])[] = [
  ['a newline', Buffer.from('a\nb')],
  ['an escape sequence of terminals', Buffer.from('\x1b[31mred\x1b]0;title\x07')],
  ['bidirectional controls', Buffer.from('a\u202egpj.exe')],
  ['invalid UTF-8', Uint8Array.of(0x61, 0xff, 0xfe, 0xc3, 0x28)],
  ['an overlong UTF-8 slash', Uint8Array.of(0x61, 0xc0, 0xaf, 0x62)],
  [
    'every byte but NUL and slash',
    Uint8Array.from({ length: 255 }, (_, index) => index + 1).filter((byte) => byte !== 0x2f),
  ],
  ['blanks only', Buffer.from('   ')],
  ['a backslash', Buffer.from('a\\b')],
];

for (const [what, bytes] of names) {
  test(`a name with ${what} is kept byte for byte, in a header, a GNU long name and a pax record`, () => {
    const name = Buffer.from(bytes).toString('latin1') as ByteString;
    const gnu = Buffer.concat([
      rawMember({ type: 'L', magic: 'ustar  \0' }, Buffer.concat([bytes, Buffer.alloc(1)])),
      rawMember({ magic: 'ustar  \0' }),
    ]);
    const archives = [
      archiveOf(gnu),
      archiveOf(formatTarHeader({ type: 'file', path: name })),
      ...(bytes.byteLength <= 100 ? [archiveOf(rawMember({ name: bytes }))] : []),
    ];
    for (const archive of archives) {
      assert.equal(scan(archive, 1)[0]?.path, name);
      const judge = gnuTarList(archive);
      if (judge !== undefined) assert.deepEqual(judge.names, [escapeName(name)]);
    }
  });
}

test('a NUL ends a name in a header and in a GNU long name, and is refused in a pax record', () => {
  assert.equal(scan(archiveOf(rawMember({ name: 'a\0b' })))[0]?.path, 'a');
  assert.equal(scan(longName('a\0b'))[0]?.path, 'a');
  assert.throws(() => scan(archiveOf(rawPax({ path: 'a\0b' }), rawMember({}))), {
    code: 'tar-header-invalid',
  });
});

test('names that differ only in case or in Unicode form stay different', () => {
  const different = ['A', 'a', 'caf\u00e9', 'cafe\u0301'];
  const archive = archiveOf(...different.map((name) => rawPaxFile(name)));
  assert.deepEqual(
    scan(archive).map((entry) => entry.path),
    different.map(toByteString),
  );
});

function rawPaxFile(name: string): Buffer {
  return Buffer.from(formatTarHeader({ type: 'file', path: toByteString(name) }));
}

test('paths that lead out of the root come as they are stored: who builds a tree clamps them', () => {
  for (const path of ['../../etc/cron.d/x', '/etc/passwd', './a//b/../c']) {
    assert.equal(scan(archiveOf(rawMember({ name: path })))[0]?.path, path);
  }
});
