import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { lstatSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'node:test';
import * as fc from 'fast-check';
import { fromByteString, toByteString, type ByteString } from '../../src/base/byte-string.ts';
import { escapeName, gnuTarList, hasGnuTar } from '../support/tar-archive.ts';
import { hasPython, pythonMembers } from '../support/tar-python.ts';
import { anyMember, expectedEntry, type MemberToWrite, writeArchive } from '../support/tar-members.ts';

const seed = 20_261_124;

/** The same members each time, many in one archive since each judgement is a process. */
const members: readonly MemberToWrite[] = fc.sample(anyMember, { seed, numRuns: 1500 });

test('GNU tar lists what the writer wrote, name by name', (t) => {
  if (!hasGnuTar()) {
    t.skip('GNU tar is not on this machine');
    return;
  }
  const list = gnuTarList(writeArchive(members));
  assert.ok(list);
  assert.equal(list.status, 0, list.stderr);
  const names = members.map(({ member }) => escapeName(member.path));
  assert.deepEqual(list.names, names);
});

test("Python's tarfile reads every field and every byte that the writer wrote", (t) => {
  if (!hasPython()) {
    t.skip('Python 3 is not on this machine');
    return;
  }
  const read = pythonMembers(writeArchive(members));
  for (const [index, written] of members.entries()) {
    const { xattrs, mtime, path, ...entry } = expectedEntry(written);
    const seen = read[index];
    assert.ok(seen);
    assert.equal(seen.path.replace(/\/$/, ''), path.replace(/\/$/, ''));
    for (const key of [
      'type',
      'linkPath',
      'mode',
      'uid',
      'gid',
      'uname',
      'gname',
      'size',
      'devMajor',
      'devMinor',
    ] as const) {
      assert.deepEqual(seen[key], entry[key], `${key} of ${path}`);
    }
    assert.ok(Math.abs(seen.mtime - (mtime.seconds + mtime.nanoseconds / 1e9)) < 1e-5, path);
    assert.equal(seen.sha256, createHash('sha256').update(written.content).digest('hex'));
    assert.equal(Object.keys(seen.xattrs).length, xattrs.size);
  }
});

test('GNU tar extracts a tree that has everything the writer was told', (t) => {
  if (!hasGnuTar() || process.getuid?.() !== 0) {
    t.skip('needs GNU tar and root: owners and devices are compared');
    return;
  }
  const folder = mkdtempSync(join(tmpdir(), 'lamella-tar-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  // Each in a place of its own; hard links need a target, and Linux tells symlinks' modes from nobody.
  const own = members
    .slice(0, 300)
    .filter(({ member }) => member.type !== 'hardlink' && member.path.length < 1500)
    .map(({ member, content }, index) => ({
      member: {
        ...member,
        path: `${index}/${member.path}` as ByteString,
        xattrs: new Map([[toByteString('user.x'), Buffer.from('a\0b')]]),
      },
      content,
    }));
  const made = spawnSync(
    'tar',
    ['-C', folder, '-xpf', '-', '--numeric-owner', '--xattrs', '--delay-directory-restore'],
    { input: writeArchive(own) },
  );
  assert.equal(made.status, 0, made.stderr.toString());
  for (const { member, content } of own) {
    const file = Buffer.concat([Buffer.from(`${folder}/`), fromByteString(member.path)]);
    const stat = lstatSync(file, { bigint: true });
    const label = escapeName(member.path);
    assert.equal(Number(stat.uid), member.uid, label);
    assert.equal(Number(stat.gid), member.gid, label);
    if (member.type !== 'symlink') assert.equal(Number(stat.mode & 0o7777n), member.mode, label);
    const mtime = member.mtime ?? { seconds: 0, nanoseconds: 0 };
    const inRange = mtime.seconds < 2 ** 34 - 2 ** 31 && mtime.seconds >= -(2 ** 31); // what ext4 holds
    if (inRange)
      assert.equal(stat.mtimeNs, BigInt(mtime.seconds) * 1_000_000_000n + BigInt(mtime.nanoseconds), label);
    if (member.type === 'file') assert.deepEqual(readFileSync(file), content, label);
  }
});
