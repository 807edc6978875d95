import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
  writeSync,
  closeSync,
  ftruncateSync,
} from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import test from 'node:test';
import { findPeers } from '../support/peers.ts';
import * as fc from 'fast-check';
import { fromByteString, toByteString } from '../../src/base/byte-string.ts';
import { readContent } from '../../src/erofs/read-content.ts';
import { walk } from '../../src/erofs/walk.ts';
import { mount, umount } from '../../src/linux/mount.ts';
import { setXattr } from '../../src/linux/xattr.ts';
import { formatTarHeader, tarTrailer, type TarMember } from '../../src/tar/writer.ts';
import { buildLayer, tarEntry } from '../support/layer-entries.ts';
import { recordDirectory } from '../support/directory-record.ts';
import {
  indexTar,
  mountIndex,
  openIndex,
  temporaryFolder,
  whyNoErofs,
  writeTar,
} from '../support/indexed-layer.ts';

const skip = await whyNoErofs();

/** Files of one layer in a folder of its own. */
function paths(
  folder: string,
  name = 'layer',
): { tar: string; index: string; mounted: string; extracted: string } {
  const base = join(folder, name);
  mkdirSync(base);
  const [mounted, extracted] = [join(base, 'mounted'), join(base, 'extracted')];
  mkdirSync(mounted);
  mkdirSync(extracted);
  return { tar: join(base, 'tar'), index: join(base, 'index'), mounted, extracted };
}

const extraction = ['--xattrs', '--xattrs-include=*', '--numeric-owner', '--delay-directory-restore', '-xpf'];

/** The kernel's view through the index, GNU tar's extraction, and what our reader says must be the same. */
async function judge(folder: string, tar: string): Promise<number> {
  const { index, mounted, extracted } = paths(folder, 'judged');
  indexTar(tar, index);
  execFileSync('tar', [...extraction, tar, '-C', extracted], { stdio: ['ignore', 'ignore', 'inherit'] });
  using _ = mountIndex(tar, index, mounted);
  const expected = recordDirectory(extracted);
  const seen = recordDirectory(mounted);
  assert.deepEqual([...seen.keys()], [...expected.keys()]);
  for (const [name, text] of expected) assert.equal(seen.get(name), text, name);
  await judgeReader(tar, index, mounted);
  return expected.size;
}

async function judgeReader(tar: string, index: string, mounted: string): Promise<void> {
  using layer = openIndex(tar, index);
  for (const { path, inode } of walk(layer.reader)) {
    const file = Buffer.concat([Buffer.from(`${mounted}/`), fromByteString(path)]);
    const stat = lstatSync(file, { bigint: true });
    const { uid, gid, nlink, mtime } = inode;
    assert.deepEqual(
      [
        BigInt(inode.nid),
        inode.mode,
        uid,
        gid,
        nlink,
        BigInt(mtime.seconds) * 1_000_000_000n + BigInt(mtime.nanoseconds),
      ],
      [
        stat.ino,
        Number(stat.mode & 0o7777n),
        Number(stat.uid),
        Number(stat.gid),
        Number(stat.nlink),
        stat.mtimeNs,
      ],
      path,
    );
    if (inode.type !== 'file' || inode.size > 1 << 26) continue;
    const content = Buffer.concat(
      await Array.fromAsync(readContent(layer.reader, inode, { readTar: layer.readTar })),
    );
    assert.ok(content.equals(readFileSync(file)), `content of ${path}`);
  }
}

/** Something of everything that a file system can hold and tar can carry. */
function makeEverything(root: string): void {
  const at = (name: string): string => join(root, name);
  const time = (name: string, when: string): void => void execFileSync('touch', ['-h', '-d', when, at(name)]);
  writeFileSync(at('empty'), '');
  for (const size of [1, 511, 512, 513, 4096, 1_000_000])
    writeFileSync(at(`file-${size}`), Buffer.alloc(size, size));
  writeFileSync(
    Buffer.concat([Buffer.from(at('')), Buffer.from([0x2f, 0xff, 0xfe, 0x0a, 0x1b, 0x5b])]),
    'bytes',
  );
  writeFileSync(at('n'.repeat(255)), 'long name');
  linkSync(at('file-513'), at('hard link'));
  linkSync(at('file-513'), at('zz'));
  for (const length of [1, 400, 440, 448, 449, 1000, 4000])
    symlinkSync('s'.repeat(length), at(`symlink-${length}`));
  linkSync(at('symlink-400'), at('hard link to a symlink'));
  execFileSync('mknod', [at('null'), 'c', '1', '3']);
  execFileSync('mknod', [at('disk'), 'b', '259', '70000']);
  execFileSync('mknod', [at('fifo'), 'p']);
  chownSync(at('file-1'), 70_000, 4_000_000_000);
  chmodSync(at('file-511'), 0o6755);
  mkdirSync(at('sticky'), 0o777);
  chmodSync(at('sticky'), 0o1777);
  time('file-4096', '2024-02-29 12:34:56.123456789');
  time('empty', '1901-12-14 00:00:00.5');
  time('symlink-1', '2400-01-01 00:00:00.000000001');
  setXattr(at('file-512'), toByteString('user.small'), Buffer.from('value'));
  setXattr(at('file-512'), toByteString('user.empty'), Buffer.alloc(0));
  setXattr(at('file-512'), toByteString('user.large'), Buffer.alloc(3000, 'x'));
  setXattr(
    at('file-513'),
    toByteString('security.capability'),
    Buffer.from('0100000200040000000000000000000000000000', 'hex'),
  );
  setXattr(at('symlink-440'), toByteString('trusted.on-a-symlink'), Buffer.from('yes'));
  setXattr(at('sticky'), toByteString('user.on-a-directory'), Buffer.alloc(450, 'd'));
  mkdirSync(at('names'));
  for (let i = 0; i < 3000; i++) writeFileSync(at(`names/${i}`), '');
  for (const name of ['!', '-', '.!', '.a', '...', '..a']) writeFileSync(at(`names/${name}`), name);
  mkdirSync(at('d/'.repeat(300)), { recursive: true });
  writeFileSync(at('sparse'), 'begin');
  truncateSync(at('sparse'), 50_000_000);
  const file = openSync(at('sparse'), 'r+');
  writeSync(file, 'middle', 20_000_001);
  writeSync(file, 'end', 49_999_997);
  closeSync(file);
  writeFileSync(at('hole'), '');
  truncateSync(at('hole'), 10_000_000);
}

test('the kernel shows everything that GNU tar extracts, byte for byte', { skip }, async () => {
  await using folder = await temporaryFolder();
  const root = join(folder.path, 'root');
  mkdirSync(root);
  makeEverything(root);
  for (const format of ['pax', 'gnu']) {
    const tar = join(folder.path, `${format}.tar`);
    const extended = format === 'pax' ? ['--xattrs', '--xattrs-include=*'] : [];
    execFileSync('tar', [`--format=${format}`, '--sparse', ...extended, '-C', root, '-cf', tar, '.'], {
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    await using judged = await temporaryFolder();
    assert.ok((await judge(judged.path, tar)) > 3300);
  }
});

test('the kernel shows a real tree as GNU tar extracts it', { skip }, async (t) => {
  await using folder = await temporaryFolder();
  let tar = process.env['LAMELLA_TEST_TAR'];
  if (tar === undefined) {
    const root = ['/usr/share/doc', '/usr/share', '/etc'].find(existsSync);
    if (root === undefined) return t.skip('there is no tree to look at');
    tar = join(folder.path, 'real.tar');
    execFileSync('tar', ['--format=pax', '--xattrs', '-C', root, '-cf', tar, '.']);
  }
  t.diagnostic(`${await judge(folder.path, tar)} names compared`);
  return undefined;
});

const someName = fc.constantFrom('a', 'b', 'c', '.d', '-', 'é');
const somePath = fc
  .array(someName, { minLength: 1, maxLength: 3 })
  .map((names) => toByteString(names.join('/')));
const someXattrs = fc
  .dictionary(fc.constantFrom('trusted.a', 'trusted.b', 'security.c'), fc.uint8Array({ maxLength: 600 }), {
    maxKeys: 2,
    noNullPrototype: true,
  })
  .map((entries) => new Map(Object.entries(entries).map(([name, value]) => [toByteString(name), value])));
const someMember = fc
  .record({
    type: fc.constantFrom('file', 'file', 'directory', 'symlink', 'hardlink', 'fifo', 'char', 'block'),
    path: somePath,
    linkPath: somePath,
    mode: fc.nat(0o7777),
    uid: fc.constantFrom(0, 1000, 65_535, 65_536, 4_294_967_294),
    gid: fc.constantFrom(0, 1000, 65_535, 65_536, 4_294_967_294),
    mtime: fc.record({
      seconds: fc.integer({ min: 1 - 2 ** 31, max: 2 ** 33 }),
      nanoseconds: fc.constantFrom(0, 1, 999_999_999),
    }),
    devMajor: fc.integer({ min: 1, max: 4095 }),
    devMinor: fc.nat(2 ** 20 - 1),
    xattrs: someXattrs,
    content: fc.uint8Array({ maxLength: 1500 }),
  })
  .map(
    ({ type, linkPath, content, devMajor, devMinor, ...member }): TarMember & { content?: Uint8Array } => ({
      ...member,
      type,
      ...(type === 'symlink' || type === 'hardlink' ? { linkPath } : {}),
      ...(type === 'char' || type === 'block' ? { devMajor, devMinor } : {}),
      ...(type === 'file' ? { content } : {}),
    }),
  );

test('whatever GNU tar extracts without complaint, the kernel shows the same', { skip }, async (t) => {
  let compared = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(someMember, { minLength: 1, maxLength: 12 }), async (members) => {
      await using folder = await temporaryFolder();
      const { tar, index, mounted, extracted } = paths(folder.path);
      writeTar(tar, members);
      if (spawnSync('tar', [...extraction, tar, '-C', extracted], { stdio: 'ignore' }).status !== 0) return;
      indexTar(tar, index);
      using _ = mountIndex(tar, index, mounted);
      const expected = recordDirectory(extracted);
      const seen = recordDirectory(mounted);
      assert.deepEqual([...seen.keys()], [...expected.keys()]);
      const announced = new Set(
        members.filter(({ type }) => type === 'directory').map(({ path }) => `/${path}`),
      );
      for (const [name, text] of expected) {
        if (text.startsWith('mode 4') && !announced.has(name)) continue;
        assert.equal(seen.get(name), text, name);
      }
      await judgeReader(tar, index, mounted);
      compared += 1;
    }),
    { numRuns: 120, endOnFailure: false },
  );
  t.diagnostic(`${compared} archives compared`);
  assert.ok(compared >= 10, 'too few of the generated archives were fit for a comparison');
});

test('a file of more than 4 GiB reads to its end', { skip }, async () => {
  await using folder = await temporaryFolder();
  const { tar, index, mounted } = paths(folder.path);
  const size = 5 * 2 ** 30 + 3;
  const header = formatTarHeader({ type: 'file', path: toByteString('big'), size });
  const file = openSync(tar, 'w');
  writeSync(file, header);
  writeSync(file, 'end', header.length + size - 3);
  const end = header.length + Math.ceil(size / 512) * 512;
  writeSync(file, tarTrailer, 0, tarTrailer.length, end);
  ftruncateSync(file, end + tarTrailer.length);
  closeSync(file);
  // Not by way of the scanner: reading 5 GiB of zeros takes long.
  writeFileSync(
    index,
    buildLayer([tarEntry('big', { size, dataOffset: header.length })], { tarSize: end + 1024 }).index,
  );
  using _ = mountIndex(tar, index, mounted);
  const big = openSync(join(mounted, 'big'), 'r');
  const bytes = Buffer.alloc(8);
  assert.equal(readSync(big, bytes, 0, 8, size - 5), 5);
  closeSync(big);
  assert.equal(bytes.toString('latin1'), '\0\0end\0\0\0');
  assert.equal(lstatSync(join(mounted, 'big')).size, size);
});

test(
  'runs of a sparse file that blocks of the tar cannot address read from the index',
  { skip },
  async () => {
    await using folder = await temporaryFolder();
    const { tar, index, mounted } = paths(folder.path);
    const sparse = [
      { offset: 0, length: 3 },
      { offset: 1000, length: 5000 },
      { offset: 1 << 20, length: 8192 },
      { offset: 3_000_001, length: 100 },
    ];
    const size = 4_000_000;
    const stored = Buffer.alloc(512 + 13_295 + 17, 'content of a sparse file');
    const content = Buffer.alloc(size);
    let position = 512;
    for (const { offset, length } of sparse) {
      stored.copy(content, offset, position, position + length);
      position += length;
    }
    writeFileSync(tar, stored);
    const entry = tarEntry('sparse', { size, storedSize: position - 512, sparse });
    writeFileSync(index, buildLayer([entry], { tar: stored }).index);
    using _ = mountIndex(tar, index, mounted);
    assert.ok(readFileSync(join(mounted, 'sparse')).equals(content));
  },
);

test('the kernel finds each of 100,000 names in a directory', { skip }, async () => {
  await using folder = await temporaryFolder();
  const { tar, index, mounted } = paths(folder.path);
  writeTar(
    tar,
    Array.from({ length: 100_000 }, (_, i) => ({
      type: 'symlink',
      path: toByteString(`d/${i}`),
      linkPath: toByteString('x'),
    })),
  );
  indexTar(tar, index);
  using _ = mountIndex(tar, index, mounted);
  assert.equal(readdirSync(join(mounted, 'd')).length, 100_000);
  for (let i = 0; i < 100_000; i += 7) assert.ok(lstatSync(join(mounted, 'd', `${i}`)).isSymbolicLink());
  assert.throws(() => lstatSync(join(mounted, 'd', '100000')), { code: 'ENOENT' });
});

test('overlayfs obeys whiteouts and opaque directories of a layer', { skip }, async () => {
  await using folder = await temporaryFolder();
  const lower = paths(folder.path, 'lower');
  const upper = paths(folder.path, 'upper');
  const member = (path: string): TarMember => ({
    type: path.endsWith('/') ? 'directory' : 'file',
    path: toByteString(path),
  });
  writeTar(
    lower.tar,
    [
      'gone',
      'kept',
      'dir/',
      'dir/gone',
      'dir/kept',
      'old/',
      'old/x',
      'both/',
      'both/x',
      'tree/',
      'tree/x',
    ].map(member),
  );
  writeTar(
    upper.tar,
    [
      '.wh.gone',
      'dir/',
      'dir/.wh.gone',
      'dir/new',
      'old/',
      'old/.wh..wh..opq',
      'old/new',
      'both/',
      'both/new',
      '.wh.both',
      '.wh.tree',
    ].map(member),
  );
  for (const layer of [lower, upper]) indexTar(layer.tar, layer.index);
  using _lower = mountIndex(lower.tar, lower.index, lower.mounted);
  using _upper = mountIndex(upper.tar, upper.index, upper.mounted);
  const merged = join(folder.path, 'merged');
  const [work, writable] = [join(folder.path, 'work'), join(folder.path, 'writable')];
  for (const path of [merged, work, writable]) mkdirSync(path);
  mount({
    source: 'overlay',
    target: merged,
    type: 'overlay',
    data: `lowerdir=${upper.mounted}:${lower.mounted},upperdir=${writable},workdir=${work}`,
  });
  try {
    const names = readdirSync(merged, { recursive: true, encoding: 'utf8' }).sort();
    assert.deepEqual(names, ['both', 'both/new', 'dir', 'dir/kept', 'dir/new', 'kept', 'old', 'old/new']);
    writeFileSync(join(merged, 'gone'), 'again');
    assert.equal(readFileSync(join(merged, 'gone'), 'utf8'), 'again');
  } finally {
    umount(merged);
  }
});

test('fsck.erofs finds nothing wrong', async (t) => {
  const root = process.env['PEERS_ROOT'] ?? join(homedir(), '.cache/peers');
  const run = join(root, 'run');
  if (findPeers() === undefined)
    return t.skip('the peers, with fsck.erofs 1.9, are not installed, or not started');
  if (process.getuid?.() !== 0) return t.skip('making the test tree needs root');
  await using folder = await temporaryFolder();
  const tree = join(folder.path, 'root');
  const { tar, index } = paths(folder.path);
  mkdirSync(tree);
  makeEverything(tree);
  writeFileSync(join(tree, '.wh.hidden'), '');
  writeFileSync(join(tree, 'sticky', '.wh..wh..opq'), '');
  execFileSync(
    'tar',
    ['--format=pax', '--sparse', '--xattrs', '--xattrs-include=*', '-C', tree, '-cf', tar, '.'],
    { stdio: ['ignore', 'ignore', 'inherit'] },
  );
  indexTar(tar, index);
  const { status, stderr, stdout } = spawnSync(
    run,
    ['fsck.erofs', '-d3', '--extract', `--device=${tar}`, index],
    { encoding: 'utf8' },
  );
  assert.equal(status, 0, stderr + stdout);
  assert.match(stdout + stderr, /No errors found/);
  return undefined;
});
