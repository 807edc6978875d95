import assert from 'node:assert/strict';
import test, { type TestContext } from 'node:test';
import { isLamellaError } from '../../src/base/errors.ts';
import { checksum } from '../../src/tar/block.ts';
import {
  archiveOf,
  base256,
  escapeName,
  gnuTarList,
  rawMember,
  rawPax,
  readMembers,
  scan,
} from '../support/tar-archive.ts';

/** Members hidden in content: read by who takes the wrong one of two sizes for true (TARmageddon, CVE-2025-62518). */
const inner = Buffer.concat([rawMember({ name: 'hidden' }, 'x')]);

function names(archive: Buffer): string[] {
  return scan(archive).map((entry) => escapeName(entry.path));
}

function sameAsGnuTar(t: TestContext, archive: Buffer, expected: readonly string[]): void {
  assert.deepEqual(names(archive), expected);
  for (const chunkSize of [1, 511, 513]) assert.equal(scan(archive, chunkSize).length, expected.length);
  const gnu = gnuTarList(archive);
  if (gnu === undefined) {
    t.diagnostic('GNU tar is not on this machine: not compared with it');
    return;
  }
  assert.deepEqual(names(archive), gnu.names);
  assert.equal(gnu.status, 0, gnu.stderr);
}

test('a pax size that is larger than the ustar size decides how much is content', (t) => {
  const archive = archiveOf(
    rawPax({ size: String(inner.byteLength) }),
    rawMember({ name: 'outer', size: 0 }, inner),
    rawMember({ name: 'after' }),
  );
  sameAsGnuTar(t, archive, ['outer', 'after']);
});

test('a pax size that is smaller than the ustar size decides how much is content', (t) => {
  const archive = archiveOf(
    rawPax({ size: '0' }),
    rawMember({ name: 'outer', size: inner.byteLength }, inner),
    rawMember({ name: 'after' }),
  );
  sameAsGnuTar(t, archive, ['outer', 'hidden', 'after']);
});

test('a pax size in front of a GNU long name speaks of the member, not of the name', async (t) => {
  const long = `${'d/'.repeat(60)}file`;
  const archive = archiveOf(
    rawPax({ size: '4' }),
    rawMember({ name: '././@LongLink', type: 'L', magic: 'ustar  \0' }, `${long}\0`),
    rawMember({ name: 'short', size: 600, magic: 'ustar  \0' }, 'abcd'),
    rawMember({ name: 'after' }),
  );
  sameAsGnuTar(t, archive, [long, 'after']);
  assert.equal((await readMembers(archive))[0]?.content.toString(), 'abcd');
});

test('a pax size in front of a GNU long link target speaks of the member, not of the target', (t) => {
  const archive = archiveOf(
    rawPax({ size: '0', mtime: '12.5' }),
    rawMember({ name: '././@LongLink', type: 'K', magic: 'ustar  \0' }, `${'t'.repeat(700)}\0`),
    rawMember({ name: 'link', type: '2', linkName: 't', magic: 'ustar  \0' }),
    rawMember({ name: 'after' }),
  );
  sameAsGnuTar(t, archive, ['link', 'after']);
  assert.equal(scan(archive)[0]?.linkPath, 't'.repeat(700));
  assert.deepEqual(scan(archive)[0]?.mtime, { seconds: 12, nanoseconds: 500_000_000 });
});

test('a pax header in front of another one is replaced by it, as in GNU tar', (t) => {
  const archive = archiveOf(
    rawPax({ size: String(inner.byteLength), path: 'first' }),
    rawPax({ path: 'second' }),
    rawMember({ name: 'outer' }, 'abcd'),
    rawMember({ name: 'after' }),
  );
  sameAsGnuTar(t, archive, ['second', 'after']);
});

for (const [what, archive] of [
  ['a global size', archiveOf(rawPax({ size: '1024' }, 'g'), rawMember({ name: 'a' }), inner)],
  ['a global path', archiveOf(rawPax({ path: 'all' }, 'g'), rawMember({ name: 'a' }))],
  ['a directory with content', archiveOf(rawMember({ name: 'd/', type: '5' }, inner))],
  ['a symlink with content', archiveOf(rawMember({ name: 'l', type: '2', linkName: 't' }, inner))],
  ['a fifo with content', archiveOf(rawMember({ name: 'p', type: '6' }, inner))],
  ['a device with content', archiveOf(rawMember({ name: 'c', type: '3' }, inner))],
  [
    'a hard link with content by a pax size',
    archiveOf(rawPax({ size: '1024' }), rawMember({ name: 'h', type: '1', linkName: 't', size: 0 }, inner)),
  ],
  [
    'an old directory, known by its slash, with content',
    archiveOf(rawMember({ name: 'd/', type: '\0' }, inner)),
  ],
  [
    'two long names that differ',
    archiveOf(
      rawPax({ path: 'pax' }),
      rawMember({ name: '././@LongLink', type: 'L', magic: 'ustar  \0' }, 'gnu\0'),
      rawMember({ name: 'a' }),
    ),
  ],
  ['one block of zeros with members behind it', Buffer.concat([rawMember({}), Buffer.alloc(512), inner])],
] as const) {
  test(`an archive with ${what} is refused: readers disagree about its members`, () => {
    assert.throws(() => scan(archive), { kind: 'invalid', code: 'tar-ambiguous' });
  });
}

test('a hard link whose own header field names a size has no content, as all readers take it', (t) => {
  const archive = archiveOf(
    rawMember({ name: 'file' }, 'abc'),
    rawMember({ name: 'link', type: '1', linkName: 'file', size: 3 }),
    rawMember({ name: 'after' }),
  );
  sameAsGnuTar(t, archive, ['file', 'link', 'after']);
});

for (const [what, header] of [
  ['a negative base-256 size', { size: base256(-1n, 12) }],
  ['a size over 2^53', { size: base256(2n ** 53n, 12) }],
  ['a base-256 size that fills its field', { size: Buffer.alloc(12, 0xbf) }],
  ['a size with a minus sign', { size: '-0000000001\0' }],
  ['a size that is not octal', { size: '00000000099\0' }],
  ['a negative uid', { uid: base256(-2n, 8) }],
  ['a uid of 2^32 - 1, which means none', { uid: base256(2n ** 32n - 1n, 8) }],
  ['a uid of 2^32, which is root in 32 bits', { uid: base256(2n ** 32n, 8) }],
  ['a gid of 2^32', { gid: base256(2n ** 32n, 8) }],
  ['a time that no number holds', { mtime: base256(2n ** 80n, 12) }],
  ['a device number over 32 bits', { type: '3', patch: { 329: base256(2n ** 40n, 8) } }],
] as const) {
  test(`a header with ${what} is refused`, () => {
    assert.throws(() => scan(archiveOf(rawMember(header))), { kind: 'corrupt', code: 'tar-header-invalid' });
  });
}

for (const [key, value] of [
  ['size', '-1'],
  ['size', '9007199254740992'],
  ['size', '0x10'],
  ['size', '1e3'],
  ['size', ' 5'],
  ['uid', '4294967296'],
  ['uid', '4294967295'],
  ['gid', '-1'],
  ['mtime', '1e3'],
  ['mtime', 'NaN'],
  ['mtime', '99999999999999999999'],
  ['path', 'a\0b'],
  ['SCHILY.xattr.', 'x'],
  ['SCHILY.xattr.user.a\0b', 'x'],
] as const) {
  test(`a pax record ${JSON.stringify(`${key}=${value}`)} is refused`, () => {
    assert.throws(() => scan(archiveOf(rawPax({ [key]: value }), rawMember({}))), {
      kind: 'corrupt',
      code: 'tar-header-invalid',
    });
  });
}

for (const payload of [
  '5 a=b\n',
  '7 a=b\n',
  '999999999999 a=b\n',
  ' a=b\n',
  '-6 a=b\n',
  '6 ab\n',
  '5 =b\n',
  '6 a=b ',
  'a=b\n',
]) {
  test(`a pax header of ${JSON.stringify(payload)} is refused`, () => {
    const archive = archiveOf(rawMember({ type: 'x' }, payload), rawMember({}));
    assert.throws(() => scan(archive), { kind: 'corrupt', code: 'tar-header-invalid' });
  });
}

for (const type of ['x', 'g', 'L', 'K', 'X']) {
  test(`an extended header '${type}' that claims gigabytes is refused before memory is asked for`, () => {
    const archive = rawMember({ type, size: 8_000_000_000 });
    const before = process.memoryUsage().arrayBuffers;
    assert.throws(() => scan(archive), { kind: 'invalid', code: 'tar-header-too-large' });
    assert.ok(process.memoryUsage().arrayBuffers - before < 8 << 20);
  });
}

test('global headers together are bounded as one is', () => {
  const globals = Array.from({ length: 4 }, (_, index) =>
    rawPax({ [`VENDOR.${index}`]: 'x'.repeat(300_000) }, 'g'),
  );
  assert.throws(() => scan(archiveOf(...globals, rawMember({}))), { code: 'tar-header-too-large' });
});

test('an archive with more members than the limit is refused', () => {
  const archive = archiveOf(...Array.from({ length: 11 }, (_, index) => rawMember({ name: `f${index}` })));
  assert.equal(scan(archive, 1 << 20, { maxEntries: 11 }).length, 11);
  assert.throws(() => scan(archive, 1 << 20, { maxEntries: 10 }), { code: 'tar-too-many-entries' });
});

test('random damage to a header is refused or read, and never anything but a LamellaError', () => {
  const archive = archiveOf(
    rawPax({ path: 'a', mtime: '1.5', 'SCHILY.xattr.user.x': 'v' }),
    rawMember({ name: 'a', magic: 'ustar  \0' }, 'content'),
    rawMember(
      {
        name: 's',
        type: 'S',
        magic: 'ustar  \0',
        patch: { 386: '00000000000\u000000000000004\0', 483: '00000000010\0' },
      },
      'abcd',
    ),
  );
  let refused = 0;
  for (let at = 0; at < archive.byteLength; at += 1) {
    for (const value of [0x00, 0x20, 0x37, 0x80, 0xff]) {
      const damaged = Buffer.from(archive);
      damaged[at] = value;
      sealHeader(damaged, at);
      try {
        scan(damaged);
      } catch (error) {
        refused += 1;
        assert.ok(isLamellaError(error), `byte ${at} as ${value}: ${String(error)}`);
      }
    }
  }
  assert.ok(refused > 100);
});

/** Makes the checksum right again, so that damage is met by what reads the field and not by the sum. */
function sealHeader(archive: Buffer, at: number): void {
  const start = at - (at % 512);
  const isHeader = start === 0 || start === 1024 || start === 2048;
  if (!isHeader || (at >= start + 148 && at < start + 156)) return;
  const block = archive.subarray(start, start + 512);
  block.write(`${checksum(block).toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
}
