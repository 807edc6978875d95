import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readlinkSync,
  rmSync,
  type BigIntStats,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type TestContext } from 'node:test';
import { fromByteString, toByteString } from '../../src/base/byte-string.ts';
import type { TarEntryType } from '../../src/tar/entry.ts';
import { hasGnuTar, type MemberWithContent, readMembers } from '../support/tar-archive.ts';

/** Everything a file system can hold that matters to a tar, made by a shell so that no code of ours has a part in it. */
const makeTree = `
set -eu
umask 022
mkdir -p dir/sub $(printf 'deep/%.0s' $(seq 30))
printf 'hello' > dir/file
: > dir/empty
head -c 1048577 /dev/urandom > dir/random
chmod 6755 dir/file; chmod 1777 dir/sub; chmod 0 dir/empty
ln dir/file dir/hardlink
ln -s file dir/link
ln -s "$(printf 'target/%.0s' $(seq 60))" dir/long-link
printf x > "dir/$(printf 'n%.0s' $(seq 200))"
printf x > "$(printf 'deep/%.0s' $(seq 30))$(printf 'm%.0s' $(seq 120))"
ln "dir/$(printf 'n%.0s' $(seq 200))" dir/link-to-long
printf x > "dir/caf\u00e9"
printf x > "$(printf 'dir/invalid-\\377-\\303')"
printf x > "$(printf 'dir/new\\nline\\033[31m')"
printf x > 'dir/ leading and trailing '
mkfifo dir/fifo
touch -d '1969-12-31T23:59:58.25Z' dir/before-1970
touch -d '2033-05-18T03:33:20.123456789Z' dir/nanoseconds
touch -d '2286-11-20T17:46:40Z' dir/far
truncate -s 3M sparse
for block in 0 3 7 100 101 500; do printf 'data%s' $block | dd of=sparse bs=4096 seek=$block conv=notrunc status=none; done
truncate -s 1M hole
truncate -s 5M fragments
for block in $(seq 0 20 1000); do printf 'f%s' $block | dd of=fragments bs=4096 seek=$block conv=notrunc status=none; done
truncate -s 9G huge-sparse
printf 'end' | dd of=huge-sparse bs=4096 seek=2300000 conv=notrunc status=none
`;

const makeRootTree = `
mknod dir/char c 1 3
mknod dir/block b 8 17
chown 1000:1001 dir/random
chown 3000000:4000000000 dir/far
`;

const rootUser = process.getuid?.() === 0;

function makeTestTree(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'lamella-tar-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const tree = join(folder, 'tree');
  mkdirSync(tree);
  execFileSync('bash', ['-c', makeTree + (rootUser ? makeRootTree : '')], {
    cwd: tree,
    env: { ...process.env, LC_ALL: 'C' },
  });
  return tree;
}

function typeOf(stat: BigIntStats): TarEntryType {
  if (stat.isFile()) return 'file';
  if (stat.isDirectory()) return 'directory';
  if (stat.isSymbolicLink()) return 'symlink';
  if (stat.isFIFO()) return 'fifo';
  return stat.isBlockDevice() ? 'block' : 'char';
}

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/** Holds a member against the file that it was made of. */
function compare(tree: string, { entry, content }: MemberWithContent, exactTime: boolean): void {
  const path = fromByteString(entry.path);
  const label = entry.path;
  const file = Buffer.concat([Buffer.from(`${tree}/`), path]);
  const isDirectory = entry.type === 'directory';
  const stat = lstatSync(isDirectory ? file.subarray(0, -1) : file, { bigint: true });
  assert.equal(Number(stat.mode & 0o7777n), entry.type === 'symlink' ? 0o777 : entry.mode, label);
  assert.equal(Number(stat.uid), entry.uid, label);
  assert.equal(Number(stat.gid), entry.gid, label);
  const nanoseconds = exactTime
    ? BigInt(entry.mtime.nanoseconds)
    : ((stat.mtimeNs % 1_000_000_000n) + 1_000_000_000n) % 1_000_000_000n;
  assert.equal(BigInt(entry.mtime.seconds) * 1_000_000_000n + nanoseconds, stat.mtimeNs, label);
  if (entry.type === 'hardlink') {
    const target = lstatSync(Buffer.concat([Buffer.from(`${tree}/`), fromByteString(entry.linkPath)]), {
      bigint: true,
    });
    assert.equal(target.ino, stat.ino, label);
    return;
  }
  assert.equal(entry.type, typeOf(stat), label);
  if (entry.type === 'file') {
    assert.equal(BigInt(entry.size), stat.size, label);
    if (entry.size < 1 << 28) assert.equal(sha256(content), sha256(readFileSync(file)), label);
  } else if (entry.type === 'symlink')
    assert.deepEqual(fromByteString(entry.linkPath), readlinkSync(file, { encoding: 'buffer' }), label);
  else if (entry.type === 'char' || entry.type === 'block') {
    assert.equal(entry.devMajor, Number((stat.rdev >> 8n) & 0xfffn), label);
    assert.equal(entry.devMinor, Number((stat.rdev & 0xffn) | ((stat.rdev >> 12n) & 0xfff00n)), label);
  }
}

const formats: readonly (readonly [name: string, options: readonly string[], leaveOut: readonly string[]])[] = [
  ['v7', ['--format=v7'], ['deep', 'dir/n*', 'dir/link-to-long', 'dir/long-link', 'dir/fifo', 'dir/char', 'dir/block', 'dir/before-1970', 'dir/far', 'huge-sparse']],
  ['ustar', ['--format=ustar'], ['deep/deep', 'dir/n*', 'dir/link-to-long', 'dir/long-link', 'dir/before-1970', 'dir/far', 'huge-sparse']],
  ['oldgnu', ['--format=oldgnu'], ['huge-sparse']],
  ['gnu', ['--format=gnu'], ['huge-sparse']],
  ['pax', ['--format=pax'], ['huge-sparse']],
  ['oldgnu, sparse', ['--format=oldgnu', '--sparse'], []],
  ['gnu, sparse', ['--format=gnu', '--sparse'], []],
  ['pax, sparse 0.0', ['--format=pax', '--sparse', '--sparse-version=0.0'], []],
  ['pax, sparse 0.1', ['--format=pax', '--sparse', '--sparse-version=0.1'], []],
  ['pax, sparse 1.0', ['--format=pax', '--sparse', '--sparse-version=1.0'], []],
]; // prettier-ignore

test('archives written by GNU tar', async (t) => {
  if (!hasGnuTar()) {
    t.skip('GNU tar is not on this machine');
    return;
  }
  const tree = makeTestTree(t);
  for (const [name, options, leaveOut] of formats) {
    await t.test(`${name}: every member equals its file, whatever the chunks`, async () => {
      const excludes = leaveOut.map((pattern) => `--exclude=${pattern}`);
      const made = spawnSync(
        'tar',
        [
          '-C',
          tree,
          ...options,
          '--anchored',
          ...excludes,
          '-cf',
          '-',
          'dir',
          'deep',
          'sparse',
          'hole',
          'fragments',
          'huge-sparse',
        ].filter((word) => !leaveOut.includes(word)),
        { maxBuffer: 1 << 29 },
      );
      assert.equal(made.status, 0, made.stderr.toString());
      const members = await readWithoutHuge(made.stdout, 1 << 20);
      assert.ok(members.length > 10);
      for (const member of members) compare(tree, member, options.includes('--format=pax'));
      for (const chunkSize of [997, 512])
        assert.deepEqual(await readWithoutHuge(made.stdout, chunkSize), members);
    });
  }
});

/** Content of 9 GB is not gathered; that of the others is. */
async function readWithoutHuge(archive: Buffer, chunkSize: number): Promise<MemberWithContent[]> {
  return readMembers(archive, chunkSize, (entry) => entry.size < 1 << 28);
}

test('extended attributes written by GNU tar arrive byte for byte', async (t) => {
  if (!hasGnuTar()) {
    t.skip('GNU tar is not on this machine');
    return;
  }
  const folder = mkdtempSync(join(tmpdir(), 'lamella-tar-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const script = `
    set -e; cd "$0"; printf x > f
    setfattr -n user.text -v value f; setfattr -n 'user.odd=%name' -v 0x00ff0a3d f
    [ "$(id -u)" != 0 ] || setfattr -n security.capability -v 0x0100000200200000000000000000000000000000 f
    tar --format=pax --xattrs --xattrs-include='*' -cf - f`;
  const made = spawnSync('sh', ['-c', script, folder]);
  if (made.stdout.byteLength === 0) {
    t.skip(`this file system or machine cannot: ${made.stderr.toString().trim()}`);
    return;
  }
  const [member] = await readMembers(made.stdout);
  const xattrs = member?.entry.xattrs;
  assert.deepEqual(xattrs?.get(toByteString('user.text')), Buffer.from('value'));
  assert.deepEqual(xattrs?.get(toByteString('user.odd=%name')), Buffer.from([0x00, 0xff, 0x0a, 0x3d]));
  if (rootUser) {
    const capability = '0100000200200000000000000000000000000000';
    assert.deepEqual(xattrs?.get(toByteString('security.capability')), Buffer.from(capability, 'hex'));
  }
});
