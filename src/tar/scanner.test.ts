import assert from 'node:assert/strict';
import test from 'node:test';
import { toByteString } from '../base/byte-string.ts';
import {
  archiveOf,
  base256,
  inChunks,
  rawMember,
  rawPax,
  readMembers,
  scan,
} from '../../test/support/tar-archive.ts';
import type { TarEntry } from './entry.ts';
import { readTar } from './read-tar.ts';
import { TarScanner } from './scanner.ts';
import { formatTarHeader, tarPadding } from './writer.ts';

function only(archive: Buffer): TarEntry {
  const [entry, ...more] = scan(archive);
  assert.ok(entry !== undefined && more.length === 0);
  return entry;
}

for (const [type, expected] of [
  ['0', 'file'],
  ['\0', 'file'],
  ['7', 'file'],
  ['Z', 'file'],
  ['1', 'hardlink'],
  ['2', 'symlink'],
  ['3', 'char'],
  ['4', 'block'],
  ['5', 'directory'],
  ['D', 'directory'],
  ['6', 'fifo'],
] as const) {
  test(`type ${JSON.stringify(type)} is a ${expected}`, () => {
    assert.equal(only(archiveOf(rawMember({ type, linkName: 'target' }))).type, expected);
  });
}

test('a file whose name ends in a slash is a directory, as in version 7', () => {
  for (const type of ['\0', '0', '7'])
    assert.equal(only(archiveOf(rawMember({ name: 'd/', type }))).type, 'directory');
});

test('the list that GNU tar stores with a directory is passed over', async () => {
  const archive = archiveOf(
    rawMember({ name: 'd/', type: 'D', magic: 'ustar  \0' }, 'Yfile\0'),
    rawMember({ name: 'after' }, 'x'),
  );
  const members = await readMembers(archive);
  assert.deepEqual(
    members.map(({ entry, content }) => [entry.path, entry.storedSize, content.toString()]),
    [
      ['d/', 0, ''],
      ['after', 1, 'x'],
    ],
  );
});

test('version 7 has neither names of users nor a prefix, GNU no prefix, ustar both', () => {
  const parts = { name: 'name', prefix: 'prefix', patch: { 265: 'user', 297: 'group' } };
  const v7 = only(archiveOf(rawMember({ ...parts, magic: '' })));
  assert.deepEqual([v7.path, v7.uname, v7.gname], ['name', '', '']);
  const gnu = only(archiveOf(rawMember({ ...parts, magic: 'ustar  \0' })));
  assert.deepEqual([gnu.path, gnu.uname, gnu.gname], ['name', 'user', 'group']);
  const ustar = only(archiveOf(rawMember(parts)));
  assert.deepEqual([ustar.path, ustar.uname, ustar.gname], ['prefix/name', 'user', 'group']);
});

test("star's prefix ends where its times begin", () => {
  const header = rawMember({
    name: 'n',
    prefix: 'p'.repeat(131),
    patch: { 476: '00000000001 ', 508: 'tar\0' },
  });
  assert.equal(only(archiveOf(header)).path, `${'p'.repeat(131)}/n`);
});

test('numbers in base-256 are exact up to 2^53 and below zero', () => {
  const entry = only(
    Buffer.concat([
      rawMember({ uid: base256(4_000_000_000n, 8), gid: base256(7n, 8), mtime: base256(-86_400n, 12) }),
    ]),
  );
  assert.equal(entry.uid, 4_000_000_000);
  assert.equal(entry.gid, 7);
  assert.deepEqual(entry.mtime, { seconds: -86_400, nanoseconds: 0 });
});

test('octal numbers may have blanks or a NUL in front, and need none behind', () => {
  for (const mode of ['   755 \0', '\u0000000755', '00000755', '755\0junk', '755     ']) {
    assert.equal(only(archiveOf(rawMember({ mode }))).mode, 0o755, JSON.stringify(mode));
  }
  assert.equal(only(archiveOf(rawMember({ mode: '        ' }))).mode, 0);
  assert.equal(only(archiveOf(rawMember({ mode: '0100644\0' }))).mode, 0o644);
});

test('pax records replace every field of the header', () => {
  const records = {
    path: 'p\u00e4th',
    uid: '3000000000',
    gid: '5',
    uname: '\u00fcser',
    gname: 'gr',
    mtime: '-1.5',
    size: '3',
    'SCHILY.xattr.user.x': 'v',
    comment: 'ignored',
  };
  const entry = only(archiveOf(rawPax(records), rawMember({ name: 'n', size: 0 }, 'abc')));
  assert.deepEqual(
    { ...entry, xattrs: [...entry.xattrs] },
    {
      type: 'file',
      path: toByteString('p\u00e4th'),
      linkPath: '',
      mode: 0o644,
      uid: 3_000_000_000,
      gid: 5,
      uname: toByteString('\u00fcser'),
      gname: 'gr',
      size: 3,
      mtime: { seconds: -2, nanoseconds: 500_000_000 },
      devMajor: 0,
      devMinor: 0,
      xattrs: [['user.x', Buffer.from('v')]],
      dataOffset: 1536,
      storedSize: 3,
      sparse: undefined,
    },
  );
});

test('global records hold until replaced, local ones for one member, an empty one takes back', () => {
  const archive = archiveOf(
    rawPax({ uname: 'all', mtime: '5' }, 'g'),
    rawMember({ name: 'a' }),
    rawPax({ uname: 'one' }),
    rawMember({ name: 'b' }),
    rawPax({ uname: '' }),
    rawMember({ name: 'c' }),
    rawPax({ mtime: '6' }, 'g'),
    rawMember({ name: 'd' }),
  );
  assert.deepEqual(
    scan(archive).map((entry) => [entry.uname, entry.mtime.seconds]),
    [
      ['all', 5],
      ['one', 5],
      ['', 5],
      ['all', 6],
    ],
  );
});

test('the comment that git archive writes as a global header changes nothing', () => {
  const archive = archiveOf(rawPax({ comment: 'a'.repeat(40) }, 'g'), rawMember({ name: 'f' }, 'x'));
  assert.equal(only(archive).path, 'f');
});

test('an empty extended attribute is one', () => {
  const entry = only(archiveOf(rawPax({ 'SCHILY.xattr.user.empty': '' }), rawMember({})));
  assert.deepEqual([...entry.xattrs], [['user.empty', Buffer.alloc(0)]]);
});

test('content is handed on as views of what was written, in order, with an end to each', () => {
  const archive = archiveOf(rawMember({ name: 'a' }, 'x'.repeat(1000)), rawMember({ name: 'b' }));
  const events: string[] = [];
  const scanner = new TarScanner({
    entry: (entry) => events.push(entry.path),
    content: (bytes) => {
      assert.equal(bytes.buffer, archive.buffer);
      events.push(String(bytes.byteLength));
    },
    entryEnd: () => events.push('end'),
  });
  scanner.write(archive.subarray(0, 700));
  scanner.write(archive.subarray(700));
  scanner.end();
  assert.deepEqual(events, ['a', '188', '812', 'end', 'b', 'end']);
});

test('a layer of 40 GB is scanned in flat memory, its end in the right place', () => {
  const size = 40 * 2 ** 30;
  const chunk = new Uint8Array(1 << 22);
  const entries: TarEntry[] = [];
  let content = 0;
  const scanner = new TarScanner({
    entry: (entry) => entries.push(entry),
    content: (bytes) => {
      content += bytes.byteLength;
    },
  });
  scanner.write(formatTarHeader({ type: 'file', path: toByteString('big'), size }));
  const before = process.memoryUsage();
  for (let left = size; left > 0; left -= chunk.byteLength) scanner.write(chunk);
  scanner.write(formatTarHeader({ type: 'file', path: toByteString('after') }));
  scanner.end();
  const after = process.memoryUsage();
  assert.equal(content, size);
  assert.equal(entries[1]?.dataOffset, size + 3 * 512 + 512);
  assert.ok(after.arrayBuffers - before.arrayBuffers < 1 << 20);
  assert.ok(after.heapUsed - before.heapUsed < 32 << 20);
});

test('a size of 2^53 - 1 is read exactly', () => {
  const scanner = new TarScanner({ entry: (entry) => assert.equal(entry.size, Number.MAX_SAFE_INTEGER) });
  scanner.write(formatTarHeader({ type: 'file', path: toByteString('f'), size: Number.MAX_SAFE_INTEGER }));
  assert.throws(() => scanner.end(), { code: 'tar-truncated' });
});

test('readTar() skips content that is not read, or only in part', async () => {
  const archive = archiveOf(...['a', 'b', 'c'].map((name) => rawMember({ name }, name.repeat(5000))));
  for (const chunkSize of [100, 1 << 20]) {
    const seen: string[] = [];
    for await (const { entry, content } of readTar(inChunks(archive, chunkSize))) {
      seen.push(entry.path);
      if (entry.path === 'b') for await (const piece of content) if (piece.byteLength > 0) break;
      if (entry.path === 'c') seen.push(String(Buffer.concat(await Array.fromAsync(content)).byteLength));
    }
    assert.deepEqual(seen, ['a', 'b', 'c', '5000']);
  }
});

test('readTar() closes its source when its consumer leaves', async () => {
  let closed = false;
  async function* source(): AsyncGenerator<Uint8Array> {
    try {
      for (;;) yield rawMember({ name: 'f' }, 'x');
    } finally {
      closed = true;
    }
  }
  for await (const { entry } of readTar(source())) if (entry.path === 'f') break;
  assert.ok(closed);
});

test('padding behind content is no content', async () => {
  for (const size of [0, 1, 511, 512, 513]) {
    const [member] = await readMembers(archiveOf(rawMember({}, 'x'.repeat(size))), 7);
    assert.equal(member?.content.toString(), 'x'.repeat(size));
    assert.equal(tarPadding(size).byteLength, (512 - (size % 512)) % 512);
  }
});
