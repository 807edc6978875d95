import assert from 'node:assert/strict';
import fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type TestContext } from 'node:test';
import { toByteString } from '../base/byte-string.ts';
import { isLamellaError } from '../base/errors.ts';
import { lockFile } from './flock.ts';
import { makeNode, packDevice, unpackDevice } from './nodes.ts';
import { openConfined, RESOLVE_BENEATH, RESOLVE_IN_ROOT, RESOLVE_NO_SYMLINKS } from './openat2.ts';
import { dataRuns } from './sparse.ts';
import { setTimes } from './times.ts';
import { getXattr, listXattrs, setXattr } from './xattr.ts';

const options = { skip: process.platform === 'linux' ? false : 'these system calls are those of Linux' };

function makeFolder(t: TestContext): string {
  const folder = fs.mkdtempSync(join(tmpdir(), 'linux-'));
  t.after(() => fs.rmSync(folder, { recursive: true }));
  return folder;
}

test('setTimes() keeps nanoseconds, before 1970 too, and does not follow a symlink', options, (t) => {
  const link = join(makeFolder(t), 'link');
  fs.symlinkSync('nowhere', link);
  setTimes(link, { seconds: 1_700_000_001, nanoseconds: 123_456_789 });
  assert.equal(fs.lstatSync(link, { bigint: true }).mtimeNs, 1_700_000_001_123_456_789n);
  setTimes(link, { seconds: -2, nanoseconds: 999_999_999 });
  assert.equal(fs.lstatSync(link, { bigint: true }).mtimeNs, -1_000_000_001n);
});

test('extended attributes are listed in order and read back byte for byte', options, (t) => {
  const file = join(makeFolder(t), 'file');
  fs.writeFileSync(file, '');
  const value = Buffer.of(0, 255, 10, 0);
  try {
    setXattr(file, toByteString('user.zebra'), value);
  } catch (error) {
    if (isLamellaError(error, 'unsupported')) return t.skip(`${tmpdir()} keeps no user attributes`);
    throw error;
  }
  setXattr(file, toByteString('user.ant'), Buffer.alloc(0));
  assert.deepEqual(
    listXattrs(file).filter((name) => name.startsWith('user.')),
    ['user.ant', 'user.zebra'],
  );
  assert.deepEqual(getXattr(file, toByteString('user.zebra')), value);
  assert.deepEqual(getXattr(file, toByteString('user.ant')), Buffer.alloc(0));
  assert.equal(getXattr(file, toByteString('user.none')), undefined);
});

test('makeNode() makes a FIFO under a name that is not UTF-8', options, (t) => {
  const path = Buffer.concat([Buffer.from(`${makeFolder(t)}/`), Buffer.of(0xff, 0xfe)]);
  makeNode(path, 'fifo', 0o600);
  assert.ok(fs.lstatSync(path).isFIFO());
});

test('a device number survives packing as the kernel and the C library do it', options, () => {
  const device = { major: 259, minor: 70_000 };
  assert.equal(packDevice(device), (0x70 | (259 << 8) | (0x111 << 20)) >>> 0);
  assert.deepEqual(unpackDevice(packDevice(device)), device);
  assert.deepEqual(unpackDevice(fs.statSync('/dev/null').rdev), { major: 1, minor: 3 });
});

test('a path with a NUL byte is refused before the kernel sees half of it', options, () => {
  assert.throws(
    () => makeNode('/tmp/a\0b', 'fifo', 0o600),
    (error) => isLamellaError(error, 'invalid') && error.code === 'path-invalid',
  );
});

test('openConfined() keeps a hostile symlink inside the root, or refuses it', options, (t) => {
  const folder = makeFolder(t);
  const root = join(folder, 'root');
  fs.mkdirSync(root);
  fs.writeFileSync(join(root, 'secret'), 'inside');
  fs.writeFileSync(join(folder, 'secret'), 'outside');
  fs.symlinkSync('../../../../secret', join(root, 'escape'));
  const rootFd = fs.openSync(root, fs.constants.O_RDONLY | fs.constants.O_DIRECTORY);
  t.after(() => fs.closeSync(rootFd));
  const inside = openConfined(rootFd, 'escape', { resolve: RESOLVE_IN_ROOT });
  assert.equal(fs.readFileSync(inside, 'utf8'), 'inside');
  fs.closeSync(inside);
  for (const [resolve, code] of [
    [RESOLVE_BENEATH, 'EXDEV'],
    [RESOLVE_NO_SYMLINKS, 'ELOOP'],
  ] as const) {
    assert.throws(
      () => openConfined(rootFd, 'escape', { resolve }),
      (error) => isLamellaError(error) && error.code === code,
    );
  }
});

test('dataRuns() finds the holes of a sparse file', options, (t) => {
  const path = join(makeFolder(t), 'sparse');
  const fd = fs.openSync(path, 'w+');
  t.after(() => fs.closeSync(fd));
  fs.ftruncateSync(fd, 10 << 20);
  assert.equal(dataRuns(fd, 0).length, 0);
  fs.writeSync(fd, Buffer.alloc(65_536, 1), 0, 65_536, 4 << 20);
  const runs = dataRuns(fd, 10 << 20);
  const run = runs.find(({ offset, length }) => offset <= 4 << 20 && offset + length >= (4 << 20) + 65_536);
  assert.ok(run !== undefined, 'the data are in none of the runs');
  assert.ok(runs.every(({ offset, length }) => offset + length <= 10 << 20));
});

test('lockFile() lets one in at a time, and several who share', options, async (t) => {
  const path = join(makeFolder(t), 'lock');
  const order: string[] = [];
  const first = await lockFile(path);
  const second = lockFile(path).then(async (lock) => {
    order.push('second in');
    await lock[Symbol.asyncDispose]();
  });
  await assert.rejects(lockFile(path, { signal: AbortSignal.timeout(30) }));
  order.push('first out');
  await first[Symbol.asyncDispose]();
  await second;
  assert.deepEqual(order, ['first out', 'second in']);
  await using _one = await lockFile(path, { shared: true });
  await using _other = await lockFile(path, { shared: true });
});
