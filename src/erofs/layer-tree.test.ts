import assert from 'node:assert/strict';
import test from 'node:test';
import { toByteString } from '../base/byte-string.ts';
import { isLamellaError } from '../base/errors.ts';
import { buildLayer, hardlink, listing, symlink, tarEntry } from '../../test/support/layer-entries.ts';
import type { TarEntry } from '../tar/entry.ts';

function tree(...entries: TarEntry[]): string[] {
  return listing(buildLayer(entries).reader);
}

function refuses(code: string, ...entries: TarEntry[]): void {
  assert.throws(
    () => buildLayer(entries),
    (error) => isLamellaError(error, 'invalid') && error.code === code,
  );
}

test('an empty layer is a root directory of mode 0755, owned by root, of 1970', () => {
  const { reader, tree } = buildLayer([]);
  const { type, mode, uid, gid, mtime, nlink } = reader.root;
  assert.deepEqual(
    { type, mode, uid, gid, mtime, nlink },
    { type: 'directory', mode: 0o755, uid: 0, gid: 0, mtime: { seconds: 0, nanoseconds: 0 }, nlink: 2 },
  );
  assert.deepEqual({ entries: tree.entries, contentSize: tree.contentSize }, { entries: 1, contentSize: 0 });
});

test('./ and / describe the root itself', () => {
  for (const path of ['./', '/', './/', '../']) {
    assert.equal(buildLayer([tarEntry(path, { mode: 0o1700, uid: 7 })]).reader.root.mode, 0o1700);
  }
  assert.deepEqual(tree(tarEntry('a'), tarEntry('/'), tarEntry('./'), tarEntry('b')), ['/', '/a 0', '/b 0']);
  refuses('root-not-directory', tarEntry('.', { type: 'file' }));
});

test('leading / and ./ drop out of names, .. ends at the root', () => {
  assert.deepEqual(
    tree(tarEntry('/a'), tarEntry('./b'), tarEntry('.//c//d'), tarEntry('../../etc/cron.d/x')),
    ['/', '/a 0', '/b 0', '/c/', '/c/d 0', '/etc/', '/etc/cron.d/', '/etc/cron.d/x 0'],
  );
  assert.deepEqual(tree(tarEntry('a/../b/./c/')), ['/', '/b/', '/b/c/']);
});

test('a missing parent is made as Docker makes it: 0755, owned by root', () => {
  const { reader } = buildLayer([tarEntry('a/b', { uid: 5, mode: 0o600 })]);
  const parent = reader.resolve(toByteString('a'));
  assert.deepEqual([parent?.mode, parent?.uid, parent?.mtime.seconds], [0o755, 0, 0]);
});

test('an entry for a directory that was made as a parent gives it its metadata and keeps what is in it', () => {
  const { reader } = buildLayer([tarEntry('a/b'), tarEntry('a/', { mode: 0o700, uid: 9 })]);
  assert.deepEqual(listing(reader), ['/', '/a/', '/a/b 0']);
  assert.equal(reader.resolve(toByteString('a'))?.mode, 0o700);
});

test('a symlink on the way is followed inside the root only', () => {
  assert.deepEqual(tree(symlink('a', '/'), tarEntry('a/etc/x')), ['/', '/a -> /', '/etc/', '/etc/x 0']);
  assert.deepEqual(tree(tarEntry('d/e/'), symlink('d/e/up', '../../../..'), tarEntry('d/e/up/x')), [
    '/',
    '/d/',
    '/d/e/',
    '/d/e/up -> ../../../..',
    '/x 0',
  ]);
  assert.deepEqual(tree(symlink('lib', 'usr/lib'), tarEntry('lib/x')), [
    '/',
    '/lib -> usr/lib',
    '/usr/',
    '/usr/lib/',
    '/usr/lib/x 0',
  ]);
});

test('a whiteout behind a symlinked ancestor hides a name where the symlink leads', () => {
  assert.deepEqual(tree(symlink('etc', '/tmp/p'), tarEntry('etc/.wh.victim')), [
    '/',
    '/etc -> /tmp/p',
    '/tmp/',
    '/tmp/p/',
    '/tmp/p/victim whiteout',
  ]);
});

test('symlinks that lead in a circle are refused', () => {
  refuses('symlink-loop', symlink('a', 'b'), symlink('b', 'a'), tarEntry('a/x'));
});

test('a parent that is a file is refused', () => {
  refuses('parent-not-directory', tarEntry('a'), tarEntry('a/b'));
});

test('a later entry replaces an earlier one of the same name', () => {
  assert.deepEqual(tree(tarEntry('a', { size: 1 }), tarEntry('a', { size: 2 })), ['/', '/a 2']);
  assert.deepEqual(tree(tarEntry('a/b'), tarEntry('a')), ['/', '/a 0']);
  assert.deepEqual(tree(tarEntry('a/b'), tarEntry('a'), tarEntry('a/')), ['/', '/a/']);
  assert.deepEqual(tree(symlink('a', 'b'), tarEntry('b/'), tarEntry('a/'), tarEntry('a/c')), [
    '/',
    '/a/',
    '/a/c 0',
    '/b/',
  ]);
});

test('names under a directory that was replaced go where the new one is', () => {
  assert.deepEqual(tree(tarEntry('a/x'), symlink('a', 'b'), tarEntry('a/y')), [
    '/',
    '/a -> b',
    '/b/',
    '/b/y 0',
  ]);
});

test('hard links share an inode, by absolute and relative names, and count as one content', () => {
  const { reader, tree } = buildLayer([
    tarEntry('d/a', { size: 10 }),
    hardlink('b', '/d/a'),
    hardlink('c', './d/../d/a', { mode: 0o777, uid: 5 }),
  ]);
  assert.deepEqual(listing(reader), ['/', '/b 10 links 3', '/c 10 links 3', '/d/', '/d/a 10 links 3']);
  assert.equal(reader.resolve(toByteString('c'))?.mode, 0o644);
  assert.deepEqual({ entries: tree.entries, contentSize: tree.contentSize }, { entries: 3, contentSize: 10 });
});

test('a hard link outlives the name that it was made from', () => {
  assert.deepEqual(tree(tarEntry('a', { size: 3 }), hardlink('b', 'a'), tarEntry('a', { size: 4 })), [
    '/',
    '/a 4',
    '/b 3',
  ]);
});

test('a hard link to itself changes nothing, as in GNU tar', () => {
  assert.deepEqual(tree(tarEntry('a', { size: 3 }), hardlink('a', './a')), ['/', '/a 3']);
});

test('a hard link to a symlink is another name of the symlink', () => {
  assert.deepEqual(tree(symlink('a', 'x'), hardlink('b', 'a')), ['/', '/a -> x', '/b -> x']);
});

test('a hard link out of the root stays inside: the victim is not there', () => {
  refuses('hardlink-target-missing', hardlink('x', '../../etc/passwd'));
  refuses(
    'hardlink-target-missing',
    tarEntry('a/b/c/'),
    symlink('a/b/c/up', '../..'),
    symlink('a/b/escape', 'c/up/../..'),
    hardlink('exfil', 'a/b/escape/etc/passwd'),
  );
});

test('a hard link to a directory, or to a name that is only hidden, is refused', () => {
  refuses('hardlink-to-directory', tarEntry('a/'), hardlink('b', 'a'));
  refuses('hardlink-to-directory', hardlink('b', '/'));
  refuses('hardlink-target-missing', tarEntry('.wh.a'), hardlink('b', 'a'));
});

test('.wh.NAME hides NAME, .wh..wh..opq makes its directory opaque', () => {
  assert.deepEqual(
    tree(tarEntry('d/.wh.a'), tarEntry('d/.wh.b'), tarEntry('e/.wh..wh..opq'), tarEntry('.wh..wh..opq')),
    ['/ opaque', '/d/', '/d/a whiteout', '/d/b whiteout', '/e/ opaque'],
  );
});

test('a name and its whiteout in one layer: the name stays, in either order, and a directory is opaque', () => {
  const expected = ['/', '/d/ opaque', '/d/x 0', '/f 0'];
  assert.deepEqual(tree(tarEntry('d/x'), tarEntry('f'), tarEntry('.wh.d'), tarEntry('.wh.f')), expected);
  assert.deepEqual(tree(tarEntry('.wh.d'), tarEntry('.wh.f'), tarEntry('f'), tarEntry('d/x')), expected);
});

test('what AUFS keeps for itself is ignored, but hard links to it work', () => {
  assert.deepEqual(
    tree(
      tarEntry('.wh..wh.aufs'),
      tarEntry('.wh..wh.plnk/'),
      tarEntry('.wh..wh.plnk/123.45', { size: 6 }),
      tarEntry('.wh..wh.orph/x'),
      tarEntry('d/.wh..wh.other'),
      tarEntry('d/.wh..wh.dir/x'),
      hardlink('d/a', '.wh..wh.plnk/123.45'),
      hardlink('d/b', '/.wh..wh.plnk/123.45'),
    ),
    ['/', '/d/', '/d/a 6 links 2', '/d/b 6 links 2'],
  );
});

test('malformed whiteouts are refused', () => {
  for (const name of ['.wh.', '.wh..', '.wh...', '.wh...wh..opq', 'd/.wh.', '.wh.a/b', 'd/.wh.a/b']) {
    refuses('whiteout-invalid', tarEntry(name));
  }
});

test('attributes that steer overlayfs, and those that no Linux file system holds, are dropped', () => {
  const { reader } = buildLayer([
    tarEntry('a', {
      xattrs: {
        'trusted.overlay.opaque': 'y',
        'trusted.overlay.redirect': '/etc',
        'user.overlay.opaque': 'y',
        'com.apple.quarantine': 'x',
        'user.': 'x',
        'trusted.mine': '1',
        'user.kept': 'yes',
        'security.capability': Buffer.from([1, 0, 0, 2]),
        'system.posix_acl_access': Buffer.from([2, 0, 0, 0, 1, 0, 6, 0, 255, 255, 255, 255]),
      },
    }),
  ]);
  const inode = reader.resolve(toByteString('a'));
  assert.ok(inode);
  assert.deepEqual(
    [...reader.xattrs(inode).keys()],
    ['security.capability', 'system.posix_acl_access', 'trusted.mine', 'user.kept'],
  );
});

test('attributes that do not fit are refused', () => {
  const big = Object.fromEntries(Array.from({ length: 5 }, (_, i) => [`user.${i}`, Buffer.alloc(60_000)]));
  refuses('xattr-too-large', tarEntry('a', { xattrs: big }));
  refuses('xattr-too-large', tarEntry('a', { xattrs: { 'user.a': Buffer.alloc(65_536) } }));
  refuses('xattr-too-large', tarEntry('a', { xattrs: { [`user.${'n'.repeat(251)}`]: '' } }));
  refuses('xattr-invalid', tarEntry('a', { xattrs: { 'system.posix_acl_access': 'u::rwx' } }));
});

test('names and paths that Linux does not take are refused', () => {
  refuses('name-too-long', tarEntry('n'.repeat(256)));
  refuses('name-too-long', tarEntry(`.wh.${'n'.repeat(256)}`));
  refuses('path-too-long', tarEntry('a/'.repeat(2048)));
  refuses('name-invalid', tarEntry('a\0b'));
  refuses('name-invalid', symlink('a', 'b\0'));
  refuses('symlink-empty', symlink('a', ''));
  assert.equal(tree(tarEntry('a/'.repeat(1000))).length, 1001);
  assert.equal(tree(tarEntry('n'.repeat(255)))[1], `/${'n'.repeat(255)} 0`);
});

test('directories nested deeper than any path reaches, by way of symlinks, are refused', () => {
  const deep = 'a/'.repeat(1500);
  refuses('path-too-long', tarEntry(deep), symlink('s', deep), tarEntry(`s/${deep}`));
});

test('numbers that an inode does not hold are refused', () => {
  refuses('owner-invalid', tarEntry('a', { uid: 4_294_967_295 }));
  refuses('owner-invalid', tarEntry('a', { gid: -1 }));
  refuses('mtime-invalid', tarEntry('a', { seconds: 2 ** 60 }));
  refuses('size-invalid', tarEntry('a', { size: -1 }));
  refuses('device-invalid', tarEntry('a', { type: 'char', devMajor: 4096 }));
});

test('a layer of more entries than allowed is refused before memory is', () => {
  assert.throws(
    () =>
      buildLayer(
        Array.from({ length: 20 }, (_, i) => tarEntry(`f${i}`)),
        { maxEntries: 10 },
      ),
    (error) => isLamellaError(error, 'invalid') && error.code === 'too-many-entries',
  );
  assert.throws(() =>
    buildLayer(
      Array.from({ length: 20 }, () => tarEntry('.wh.same-name')).concat(tarEntry('d/'.repeat(15))),
      { maxEntries: 10 },
    ),
  );
});

test('content size is Docker’s: files and the length of symlinks', () => {
  const { tree } = buildLayer([
    tarEntry('a', { size: 100 }),
    symlink('b', 'four'),
    tarEntry('.wh.c'),
    tarEntry('d/'),
  ]);
  assert.equal(tree.contentSize, 104);
});

test('names are bytes: invalid UTF-8, newlines, and names that differ by case or normalisation only', () => {
  const names = [
    Buffer.from([0xff, 0xfe]),
    Buffer.from('A'),
    Buffer.from('a'),
    Buffer.from('a\n\u001b[31m'),
    Buffer.from('\u00e9'),
    Buffer.from('e\u0301'),
  ];
  const { reader } = buildLayer(names.map((name) => tarEntry(name)));
  assert.deepEqual(
    [...reader.list(reader.root)].map((entry) => Buffer.from(entry.name, 'latin1').toString('hex')),
    names.map((name) => name.toString('hex')).sort(),
  );
});
