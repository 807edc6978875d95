import assert from 'node:assert/strict';
import test from 'node:test';
import * as fc from 'fast-check';
import { byteString, type ByteString, toByteString } from '../base/byte-string.ts';
import { readMembers, scan } from '../../test/support/tar-archive.ts';
import { anyMember, expectedEntry, writeArchive } from '../../test/support/tar-members.ts';
import { formatTarHeader, type TarMember, tarPadding, tarTrailer } from './writer.ts';

const file: TarMember = { type: 'file', path: toByteString('f') };

test('what is written is read again: every field, every byte, whatever the chunks', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(anyMember, { maxLength: 6 }),
      fc.integer({ min: 1, max: 1200 }),
      async (members, chunkSize) => {
        const archive = writeArchive(members);
        const read = await readMembers(archive, chunkSize);
        assert.equal(read.length, members.length);
        for (const [index, { entry, content }] of read.entries()) {
          const written = members[index];
          assert.ok(written);
          const { dataOffset, ...rest } = entry;
          assert.deepEqual(rest, expectedEntry(written));
          assert.deepEqual(content, written.content);
          assert.deepEqual(archive.subarray(dataOffset, dataOffset + content.byteLength), content);
        }
      },
    ),
    { numRuns: 150 },
  );
});

test('the same member gives the same bytes, in whatever order its attributes came', () => {
  const names = ['user.b', 'user.a', 'security.capability'].map(toByteString);
  const make = (order: ByteString[]): Uint8Array =>
    formatTarHeader({ ...file, xattrs: new Map(order.map((name) => [name, Buffer.from(name)])) });
  assert.deepEqual(make(names), make(names.toReversed()));
  const text = Buffer.from(make(names)).toString('latin1');
  const keys = [...text.matchAll(/\d+ (SCHILY[^=]*)=/g)].map((match) => match[1]);
  assert.deepEqual(keys, ['SCHILY.xattr.security.capability', 'SCHILY.xattr.user.a', 'SCHILY.xattr.user.b']);
});

test('what ustar can hold needs no pax header', () => {
  const long = `${'p'.repeat(155)}/${'n'.repeat(100)}`;
  for (const member of [
    file,
    { ...file, path: toByteString(long) },
    { ...file, path: toByteString('n'.repeat(100)) },
    {
      ...file,
      uid: 2_097_151,
      gid: 2_097_151,
      size: 8 ** 11 - 1,
      mtime: { seconds: 8 ** 11 - 1, nanoseconds: 0 },
    },
    { ...file, uname: toByteString('u'.repeat(31)) },
  ]) {
    assert.equal(formatTarHeader(member).byteLength, 512);
  }
  assert.equal(scan(Buffer.from(formatTarHeader({ ...file, path: toByteString(long) })))[0]?.path, long);
});

for (const [what, member] of [
  ['a path that cannot be split', { path: toByteString('n'.repeat(101)) }],
  ['a name that is not ASCII', { path: toByteString('caf\u00e9') }],
  ['a uid over 7 octal digits', { uid: 2_097_152 }],
  ['a file of 8 GiB', { size: 8 ** 11 }],
  ['a time with nanoseconds', { mtime: { seconds: 1, nanoseconds: 1 } }],
  ['a time before 1970', { mtime: { seconds: -1, nanoseconds: 0 } }],
  ['a user name of 32 bytes', { uname: toByteString('u'.repeat(32)) }],
  ['an extended attribute', { xattrs: new Map([[toByteString('user.x'), Buffer.alloc(0)]]) }],
] as const) {
  test(`${what} makes a pax header`, () => {
    const header = Buffer.from(formatTarHeader({ ...file, ...member }));
    assert.equal(header.byteLength, 1536);
    assert.equal(header.toString('latin1', 156, 157), 'x');
  });
}

test('names that are no UTF-8 are announced as binary, in front of them', () => {
  const header = Buffer.from(
    formatTarHeader({ ...file, path: byteString(Uint8Array.of(0xff)), gid: 2 ** 31 }),
  );
  assert.equal(header.toString('latin1', 512, 533), '21 hdrcharset=BINARY\n');
});

for (const [what, member] of [
  ['a NUL in a path', { path: toByteString('a\0b') }],
  ['a NUL in a link target', { linkPath: toByteString('a\0b') }],
  ['a NUL in the name of an attribute', { xattrs: new Map([[toByteString('user.\0'), Buffer.alloc(0)]]) }],
  ['a negative size', { size: -1 }],
  ['half a uid', { uid: 0.5 }],
  ['nanoseconds beyond a second', { mtime: { seconds: 0, nanoseconds: 1e9 } }],
  ['a device number over 7 octal digits', { devMajor: 2_097_152 }],
] as const) {
  test(`formatTarHeader() refuses ${what}`, () => {
    assert.throws(() => formatTarHeader({ ...file, ...member }), {
      kind: 'invalid',
      code: 'tar-member-invalid',
    });
  });
}

test('padding fills blocks and the trailer is two of them', () => {
  for (const [size, padding] of [[0, 0], [1, 511], [511, 1], [512, 0], [513, 511]] as const) {
    assert.equal(tarPadding(size).byteLength, padding);
  } // prettier-ignore
  assert.deepEqual(Buffer.from(tarTrailer), Buffer.alloc(1024));
});
