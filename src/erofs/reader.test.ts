import assert from 'node:assert/strict';
import test from 'node:test';
import * as fc from 'fast-check';
import { toByteString, type ByteString } from '../base/byte-string.ts';
import { isLamellaError } from '../base/errors.ts';
import { buildLayer, hardlink, symlink, tarEntry } from '../../test/support/layer-entries.ts';
import { crc32c } from './crc32c.ts';
import { ErofsReader, memorySource } from './reader.ts';
import { readContent } from './read-content.ts';
import { walk } from './walk.ts';

const layer = buildLayer([
  tarEntry('etc/'),
  tarEntry('etc/passwd', { size: 1000, dataOffset: 1024 }),
  symlink('etc/alias', '/etc/passwd'),
  symlink('etc/up', '../../../etc'),
  symlink('loop', 'loop'),
  symlink('dangling', 'nowhere'),
  symlink('long', 'x/../'.repeat(200)),
  hardlink('pw', 'etc/passwd'),
  tarEntry('x/', { xattrs: { 'user.a': 'b', 'security.capability': 'c' } }),
  tarEntry('x/.wh.gone'),
  tarEntry('sparse', {
    size: 100_000,
    storedSize: 4100,
    dataOffset: 4096,
    sparse: [
      { offset: 8192, length: 4096 },
      { offset: 99_996, length: 4 },
    ],
  }),
  ...Array.from({ length: 100 }, (_, i) => tarEntry(`many/${i}`)),
]);

test('resolve() follows symlinks within the layer, as if its root were /', () => {
  const { reader } = layer;
  const find = (path: string): number | undefined => reader.resolve(toByteString(path))?.nid;
  const passwd = find('etc/passwd');
  assert.ok(passwd);
  for (const path of [
    '/etc/passwd',
    'etc/alias',
    'etc/up/passwd',
    '../../etc/./passwd',
    'etc/up/../pw',
    'pw',
    'x/../etc//alias',
  ]) {
    assert.equal(find(path), passwd, path);
  }
  assert.equal(find('etc/alias'), passwd);
  assert.equal(reader.resolve(toByteString('etc/alias'), { followLast: false })?.type, 'symlink');
  assert.equal(find('/'), reader.root.nid);
  assert.equal(find('long'), reader.root.nid);
  for (const path of ['nowhere', 'dangling', 'etc/passwd/x', 'etc/passwd/', 'etc/passwd/..'])
    assert.equal(find(path), undefined, path);
});

test('resolve() gives up on symlinks that go round in circles', () => {
  assert.throws(
    () => layer.reader.resolve(toByteString('loop')),
    (error) => isLamellaError(error, 'invalid') && error.code === 'symlink-loop',
  );
});

test('walk() gives every name once, directories before what is in them', () => {
  const paths = [...walk(layer.reader)].map(({ path }) => path);
  assert.equal(paths.length, 1 + 8 + 3 + 1 + 100);
  assert.equal(new Set(paths).size, paths.length);
  for (const path of paths)
    if (path.includes('/'))
      assert.ok(paths.indexOf(path.slice(0, path.lastIndexOf('/')) as ByteString) < paths.indexOf(path));
});

test('walk() may begin at any directory', () => {
  const etc = layer.reader.resolve(toByteString('etc'));
  assert.deepEqual(
    [...walk(layer.reader, etc)].map(({ path }) => path),
    ['', 'alias', 'passwd', 'up'],
  );
});

test('content of a file beyond the end of the tar is damage, not a short read', async () => {
  const passwd = layer.reader.resolve(toByteString('etc/passwd'));
  assert.ok(passwd);
  await assert.rejects(
    Array.fromAsync(readContent(layer.reader, passwd, { readTar: () => new Uint8Array(5) })),
    (error) => isLamellaError(error, 'corrupt') && error.code === 'tar-truncated',
  );
});

/** Looks at everything in an index; returns or throws, and must do so soon. */
function readAll(index: Buffer): void {
  const reader = new ErofsReader(memorySource(index));
  for (const { path, inode } of walk(reader)) {
    reader.xattrs(inode);
    let next = 0;
    let extents = 0;
    for (const extent of reader.extents(inode)) {
      assert.equal(extent.offset, next);
      next += extent.length;
      extents += 1;
      if (extent.from === 'index') reader.readIndex(extent.at, extent.length);
    }
    assert.ok(extents === 0 || next === inode.size);
    if (inode.type === 'symlink') reader.readlink(inode);
    try {
      reader.resolve(path);
    } catch (error) {
      if (!isLamellaError(error, 'invalid')) throw error;
    }
  }
}

test('a whole index reads without complaint', () => {
  readAll(layer.index);
});

test('a superblock with any bit changed is refused', () => {
  for (let bit = 0; bit < 512 * 8; bit++) {
    const index = Buffer.from(layer.index);
    const byte = 1024 + (bit >> 3);
    index[byte] = (index[byte] ?? 0) ^ (1 << (bit & 7));
    assert.throws(
      () => new ErofsReader(memorySource(index)),
      (error) => isLamellaError(error, 'corrupt'),
      `bit ${bit}`,
    );
  }
});

test('a truncated index is refused, wherever it ends', () => {
  for (let length = 0; length < layer.index.length; length += 97) {
    assert.throws(
      () => readAll(layer.index.subarray(0, length)),
      (error) => isLamellaError(error, 'corrupt'),
      `${length} bytes`,
    );
  }
});

test('a damaged index never gives anything but an answer or LamellaError corrupt', () => {
  const change = fc.record({ at: fc.nat(layer.index.length - 1), byte: fc.nat(255) });
  fc.assert(
    fc.property(fc.array(change, { minLength: 1, maxLength: 30 }), (changes) => {
      const index = Buffer.from(layer.index);
      for (const { at, byte } of changes) index[at] = byte;
      reseal(index);
      try {
        readAll(index);
      } catch (error) {
        if (!isLamellaError(error, 'corrupt')) throw error;
        assert.match(error.code, /^index-/);
      }
    }),
    { numRuns: 500 },
  );
});

/** Makes the checksum right again, so that damage behind it is reached. */
function reseal(index: Buffer): void {
  const block = index.subarray(1024, 1536);
  block.writeUInt32LE(0, 4);
  block.writeUInt32LE(crc32c(block), 4);
}
