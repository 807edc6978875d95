import assert from 'node:assert/strict';
import test from 'node:test';
import { toByteString, type ByteString } from '../base/byte-string.ts';
import { isLamellaError } from '../base/errors.ts';
import type { SparseRun } from '../tar/entry.ts';
import {
  buildLayer,
  hardlink,
  listing,
  symlink,
  tarEntry,
  type BuiltLayer,
} from '../../test/support/layer-entries.ts';
import { crc32c } from './crc32c.ts';
import type { ErofsInode } from './reader.ts';
import { readContent } from './read-content.ts';

function at({ reader }: BuiltLayer, path: string): ErofsInode {
  const inode = reader.resolve(toByteString(path), { followLast: false });
  assert.ok(inode, `${path} is there`);
  return inode;
}

test('crc32c() agrees with the check value of the algorithm', () => {
  assert.equal(~crc32c(Buffer.from('123456789')) >>> 0, 0xe3069283);
});

test('the same entries give the same bytes, the order of names in the tar does not show', () => {
  const entries = [
    tarEntry('b/'),
    tarEntry('b/y'),
    tarEntry('a'),
    symlink('c', 'a'),
    hardlink('d', 'a'),
    tarEntry('.wh.e'),
  ];
  const first = buildLayer(entries).index;
  assert.ok(first.equals(buildLayer(entries).index));
  const [b, y, a, c, d, e] = entries as [
    (typeof entries)[0],
    (typeof entries)[0],
    (typeof entries)[0],
    (typeof entries)[0],
    (typeof entries)[0],
    (typeof entries)[0],
  ];
  assert.ok(first.equals(buildLayer([e, c, a, d, b, y]).index));
});

test('owners, modes, times, links and device numbers of any size come back as they were', () => {
  const layer = buildLayer(
    [
      tarEntry('old', { seconds: -123, nanoseconds: 999_999_999 }),
      tarEntry('far', { seconds: 2 ** 40 + 5, nanoseconds: 1 }),
      tarEntry('many', { uid: 4_294_967_294, gid: 65_536, mode: 0o7777 }),
      tarEntry('null', { type: 'char', devMajor: 1, devMinor: 3 }),
      tarEntry('disk', { type: 'block', devMajor: 4095, devMinor: 1_048_575 }),
      tarEntry('pipe', { type: 'fifo', mode: 0o600 }),
      tarEntry('big', { size: 5 * 2 ** 30, dataOffset: 2 ** 33 }),
    ],
    { tarSize: 2 ** 34 },
  );
  assert.deepEqual(at(layer, 'old').mtime, { seconds: -123, nanoseconds: 999_999_999 });
  assert.deepEqual(at(layer, 'far').mtime, { seconds: 2 ** 40 + 5, nanoseconds: 1 });
  const { uid, gid, mode } = at(layer, 'many');
  assert.deepEqual({ uid, gid, mode }, { uid: 4_294_967_294, gid: 65_536, mode: 0o7777 });
  assert.deepEqual(at(layer, 'null').rdev, { major: 1, minor: 3 });
  assert.deepEqual(at(layer, 'disk').rdev, { major: 4095, minor: 1_048_575 });
  assert.equal(at(layer, 'pipe').type, 'fifo');
  assert.deepEqual(
    [...layer.reader.extents(at(layer, 'big'))],
    [{ offset: 0, length: 5 * 2 ** 30, from: 'tar', at: 2 ** 33 }],
  );
});

test('a file with more links than 16 bits count keeps them all', () => {
  const names = Array.from({ length: 70_000 }, (_, i) => hardlink(`d/${i}`, 'a'));
  const layer = buildLayer([tarEntry('a'), ...names]);
  assert.equal(at(layer, 'a').nlink, 70_001);
  assert.equal(at(layer, 'd/69999').nid, at(layer, 'a').nid);
});

test('most inodes take 32 bytes when they share a time', () => {
  const shared = buildLayer(Array.from({ length: 1000 }, (_, i) => tarEntry(`f${i}`)));
  const own = buildLayer(Array.from({ length: 1000 }, (_, i) => tarEntry(`f${i}`, { seconds: i })));
  assert.equal(own.index.length - shared.index.length, 32_000 - 256);
});

test('a directory of 100,000 names lists and finds them all, around . and .. too', () => {
  const names = Array.from({ length: 100_000 }, (_, i) => `file-${i}`);
  const layer = buildLayer(
    [...names, '!', '-', '.!', '.a', '..', '...', '..a', '/']
      .filter((name) => !/^(\.\.|\/)$/.test(name))
      .map((name) => tarEntry(`d/${name}`)),
  );
  const directory = at(layer, 'd');
  const listed = [...layer.reader.list(directory)].map((entry) => entry.name);
  assert.equal(listed.length, 100_006);
  assert.deepEqual(listed.slice(0, 6), ['!', '-', '.!', '...', '..a', '.a']);
  assert.deepEqual(listed, [...listed].sort());
  for (let i = 0; i < listed.length; i += 11) {
    const name = listed[i] as ByteString;
    assert.ok(layer.reader.lookup(directory, name), name);
  }
  for (const name of listed.slice(0, 10)) assert.ok(layer.reader.lookup(directory, name), name);
  for (const name of ['file-', 'file-100000', 'zzz', '', '~', '.b']) {
    assert.equal(layer.reader.lookup(directory, name as ByteString), undefined);
  }
});

test('symlinks of every length from 1 to 4095 come back whole', () => {
  const targets = Array.from({ length: 4095 }, (_, i) => 't'.repeat(i) + 'x');
  const layer = buildLayer(targets.map((target) => symlink(`l${target.length}`, target)));
  for (const target of targets) assert.equal(layer.reader.readlink(at(layer, `l${target.length}`)), target);
});

test('attributes of any size come back whole, on directories, symlinks and opaque directories too', () => {
  const xattrs = {
    'user.large': Buffer.alloc(65_535, 7),
    'security.capability': Buffer.from([1, 2, 3]),
    'user.empty': '',
  };
  const layer = buildLayer([
    tarEntry('d/', { xattrs }),
    tarEntry('d/.wh..wh..opq'),
    symlink('l', 'd', { xattrs }),
    tarEntry('f', { xattrs: { 'user.a': '1' } }),
    tarEntry('d/x'),
  ]);
  const expected = new Map(
    Object.entries(xattrs)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, value]) => [name, new Uint8Array(Buffer.from(value))]),
  );
  assert.deepEqual(layer.reader.xattrs(at(layer, 'l')), expected);
  expected.set('trusted.overlay.opaque', new Uint8Array(Buffer.from('y')));
  assert.deepEqual(layer.reader.xattrs(at(layer, 'd')), expected);
  assert.deepEqual(listing(layer.reader), ['/', '/d/ opaque', '/d/x 0', '/f 0', '/l -> d']);
});

test('a directory entry given twice keeps attributes that the second does not name', () => {
  const layer = buildLayer([
    tarEntry('d/', { xattrs: { 'user.a': '1', 'user.b': '1' } }),
    tarEntry('d/', { xattrs: { 'user.b': '2' } }),
  ]);
  assert.deepEqual(
    [...layer.reader.xattrs(at(layer, 'd'))].map(
      ([name, value]) => `${name}=${Buffer.from(value).toString()}`,
    ),
    ['user.a=1', 'user.b=2'],
  );
});

/** A tar of which the content area holds the runs one after the other from byte 512 on, and the file they make up. */
function sparseFile(size: number, runs: SparseRun[]): { tar: Buffer; content: Buffer; layer: BuiltLayer } {
  const storedSize = runs.reduce((sum, run) => sum + run.length, 0);
  const tar = Buffer.alloc(512 + Math.ceil(storedSize / 512) * 512);
  const content = Buffer.alloc(size);
  let position = 512;
  for (const run of runs) {
    for (let i = 0; i < run.length; i++)
      tar[position + i] = content[run.offset + i] = ((run.offset + i * 7) % 251) + 1;
    position += run.length;
  }
  const layer = buildLayer([tarEntry('s', { size, storedSize, sparse: runs }), tarEntry('t')], { tar });
  return { tar, content, layer };
}

const sparseCases: Readonly<Record<string, [number, SparseRun[]]>> = {
  'all of it a hole': [100_000, []],
  'aligned runs': [
    1 << 20,
    [
      { offset: 4096, length: 8192 },
      { offset: 65_536, length: 4096 },
      { offset: 1 << 20, length: 0 },
    ],
  ],
  'a last run that ends with the file': [70_001, [{ offset: 65_536, length: 4465 }]],
  'runs whose place in the tar is not aligned': [
    100_000,
    [
      { offset: 1000, length: 777 },
      { offset: 50_000, length: 3 },
    ],
  ],
  'runs that share a chunk': [
    4096,
    [
      { offset: 0, length: 10 },
      { offset: 20, length: 10 },
      { offset: 4000, length: 96 },
    ],
  ],
  'a run without any hole': [5000, [{ offset: 0, length: 5000 }]],
};

for (const [name, [size, runs]] of Object.entries(sparseCases)) {
  test(`a sparse file reads as it should: ${name}`, async () => {
    const { tar, content, layer } = sparseFile(size, runs);
    const pieces = await Array.fromAsync(
      readContent(layer.reader, at(layer, 's'), {
        readTar: (offset, length) => tar.subarray(offset, offset + length),
      }),
    );
    assert.ok(Buffer.concat(pieces).equals(content));
    const some = await Array.fromAsync(
      readContent(layer.reader, at(layer, 's'), {
        readTar: (offset, length) => tar.subarray(offset, offset + length),
        start: 1500,
        length: 2000,
      }),
    );
    assert.ok(Buffer.concat(some).equals(content.subarray(1500, 3500)));
  });
}

test('a sparse file of 1.2 TB with little in it, as useradd makes of lastlog, costs few MiB', () => {
  const { index } = buildLayer([
    tarEntry('s', { size: 1.2e12, storedSize: 4096, sparse: [{ offset: 1.2e12 - 4096, length: 4096 }] }),
  ]);
  assert.ok(index.length < 8 << 20, `${index.length}`);
});

test('sparse maps made to fill a disk are refused', () => {
  const runs = Array.from({ length: 1000 }, (_, i) => ({ offset: i * 2 ** 42 + 1, length: 1 }));
  assert.throws(
    () => buildLayer([tarEntry('s', { size: 2 ** 52, storedSize: 1000, sparse: runs })]),
    (error) => isLamellaError(error, 'unsupported') && error.code === 'sparse-too-large',
  );
});

test('sparse maps that make no sense are refused', () => {
  for (const sparse of [
    [
      { offset: 10, length: 10 },
      { offset: 15, length: 1 },
    ],
    [{ offset: 95, length: 10 }],
    [{ offset: 0, length: 50 }],
  ]) {
    assert.throws(
      () => buildLayer([tarEntry('s', { size: 100, storedSize: 20, sparse })]),
      (error) => isLamellaError(error, 'invalid') && error.code === 'sparse-invalid',
    );
  }
});

test('a layer of more than 2 TiB is refused', () => {
  const tooLarge = (error: unknown): boolean =>
    isLamellaError(error, 'unsupported') && error.code === 'layer-too-large';
  assert.throws(() => buildLayer([tarEntry('f', { size: 2 ** 41, dataOffset: 512 })]), tooLarge);
  assert.throws(() => buildLayer([tarEntry('f')], { tarSize: 2 ** 41 }), tooLarge);
});
