import assert from 'node:assert/strict';
import test from 'node:test';
import { toByteString } from '../../src/base/byte-string.ts';
import { isLamellaError } from '../../src/base/errors.ts';
import { LayerTree } from '../../src/erofs/layer-tree.ts';
import { ErofsReader, memorySource } from '../../src/erofs/reader.ts';
import { writeErofs } from '../../src/erofs/writer.ts';
import { TarScanner } from '../../src/tar/scanner.ts';
import { formatTarHeader, tarPadding, tarTrailer, type TarMember } from '../../src/tar/writer.ts';
import { listing } from '../support/layer-entries.ts';

/** The attacks on whoever unpacks a layer, from the tar's bytes to the names in its index: nothing may point outside. */

type Member = Omit<TarMember, 'path' | 'linkPath'> & {
  readonly path: string;
  readonly to?: string;
  readonly content?: string;
};

const file = (path: string, content = ''): Member => ({ type: 'file', path, content });
const directory = (path: string): Member => ({ type: 'directory', path });
const symlink = (path: string, to: string): Member => ({ type: 'symlink', path, to });
const hardlink = (path: string, to: string): Member => ({ type: 'hardlink', path, to });

function indexOf(members: readonly Member[]): ErofsReader {
  const pieces: Uint8Array[] = [];
  for (const { path, to = '', content = '', ...rest } of members) {
    const bytes = Buffer.from(content);
    pieces.push(
      formatTarHeader({ ...rest, path: toByteString(path), linkPath: toByteString(to), size: bytes.length }),
      bytes,
      tarPadding(bytes.length),
    );
  }
  const tar = Buffer.concat([...pieces, tarTrailer]);
  const layer = new LayerTree();
  const scanner = new TarScanner({ entry: (entry) => layer.add(entry) });
  scanner.write(tar);
  scanner.end();
  const readTar = (offset: number, length: number): Uint8Array => tar.subarray(offset, offset + length);
  const index = [...writeErofs(layer.finish(), { tarSize: tar.length, readTar })];
  return new ErofsReader(memorySource(Buffer.concat(index)));
}

const names = (...members: Member[]): string[] => listing(indexOf(members));

function rejects(code: RegExp, ...members: Member[]): void {
  assert.throws(
    () => indexOf(members),
    (error) => isLamellaError(error) && code.test(error.code),
  );
}

test('attack 1: ../../etc/cron.d/x ends up under the root', () => {
  assert.deepEqual(names(file('../../etc/cron.d/x')), ['/', '/etc/', '/etc/cron.d/', '/etc/cron.d/x 0']);
});

test('attack 2: an absolute name is one under the root', () => {
  assert.deepEqual(names(file('/etc/passwd')), ['/', '/etc/', '/etc/passwd 0']);
});

test('attack 3: a write through a symlink to / lands inside the root', () => {
  assert.deepEqual(names(symlink('a', '/'), file('a/etc/x')), ['/', '/a -> /', '/etc/', '/etc/x 0']);
});

test('attack 4: a chain of symlinks and a hard link reach no file outside, and change none inside', () => {
  const chain = [directory('a/b/c'), symlink('a/b/c/up', '../..'), symlink('a/b/escape', 'c/up/../..')];
  rejects(/^hardlink-target-missing$/, ...chain, hardlink('exfil', 'a/b/escape/etc/passwd'));
  const reader = indexOf([
    file('victim', 'mine'),
    ...chain,
    hardlink('exfil', 'a/b/escape/victim'),
    file('exfil', 'other'),
  ]);
  assert.deepEqual(
    listing(reader).filter((line) => /victim|exfil/.test(line)),
    ['/exfil 5', '/victim 4'],
  );
});

test('attack 5: a hard link with an absolute target resolves inside the root', () => {
  assert.deepEqual(names(file('a', 'x'), hardlink('b', '/a')), ['/', '/a 1 links 2', '/b 1 links 2']);
});

test('attack 6: link targets with .. are clamped for hard links, and resolved inside the root for symlinks', () => {
  assert.deepEqual(names(file('a', 'x'), hardlink('b', '../../../a')), ['/', '/a 1 links 2', '/b 1 links 2']);
  const reader = indexOf([symlink('s', '../../../etc/passwd'), file('etc/passwd', 'inside')]);
  assert.equal(reader.resolve(toByteString('s'))?.size, 6);
});

test('attack 7: a hard link never resolves against the process’s directory', () => {
  rejects(/^hardlink-target-missing$/, hardlink('x', 'package.json'));
});

test('attack 8: a whiteout through a symlinked ancestor hides a name inside', () => {
  assert.deepEqual(names(symlink('etc', '/tmp/p'), file('etc/.wh.victim')).at(-1), '/tmp/p/victim whiteout');
});

test('attack 9: malformed whiteouts are rejected', () => {
  for (const name of ['.wh..', '.wh.', '.wh...', '.wh...wh..opq']) rejects(/^whiteout-invalid$/, file(name));
});

test('attacks 10, 11 and 13: what a layer brings wins over what it hides, in either order', () => {
  assert.deepEqual(names(file('.wh.a'), file('a'), file('d/x'), file('.wh.d')), [
    '/',
    '/a 0',
    '/d/ opaque',
    '/d/x 0',
  ]);
  assert.deepEqual(names(file('a'), file('.wh.a')), ['/', '/a 0']);
  assert.deepEqual(names(directory('a'), file('a')), ['/', '/a 0']);
  assert.deepEqual(names(file('a'), directory('a'), file('a/b')), ['/', '/a/', '/a/b 0']);
  assert.deepEqual(names(directory('b'), symlink('a', 'b'), directory('a'), file('a/x')), [
    '/',
    '/a/',
    '/a/x 0',
    '/b/',
  ]);
});

test('attack 21: names and paths longer than Linux takes are rejected, 1,000 levels are not', () => {
  rejects(/(name|path)-too-long$/, file('n'.repeat(300)));
  rejects(/path-too-long$/, file('a/'.repeat(2100) + 'x'));
  assert.equal(names(file('a/'.repeat(1000) + 'x')).length, 1002);
});

test('attack 22: names of any bytes are kept as they are', () => {
  const odd = 'a\n\u001b[2J\u202e';
  assert.equal(indexOf([file(odd)]).resolve(toByteString(odd))?.type, 'file');
});

test('attack 23: names that differ by case or normalisation only are all kept', () => {
  assert.equal(names(file('A'), file('a'), file('\u00e9'), file('e\u0301')).length, 5);
});

test('attack 26: a layer cannot steer overlayfs by attributes', () => {
  const xattrs = new Map(
    ['trusted.overlay.redirect', 'trusted.overlay.opaque', 'user.overlay.opaque', 'security.capability'].map(
      (name) => [toByteString(name), Buffer.from('y')],
    ),
  );
  const reader = indexOf([{ ...file('f'), xattrs }]);
  const inode = reader.resolve(toByteString('f'));
  assert.ok(inode);
  assert.deepEqual([...reader.xattrs(inode).keys()], ['security.capability']);
});
