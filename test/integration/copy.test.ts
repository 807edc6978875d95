import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import test, { type TestContext } from 'node:test';
import { toByteString } from '../../src/base/byte-string.ts';
import { collectBytes, streamOf } from '../../src/base/streams.ts';
import { createFileCopy } from '../../src/engine/file-copy.ts';
import type { FileCopyEngine } from '../../src/engine/ports/file-copy.ts';
import { makeNode } from '../../src/linux/nodes.ts';
import { getXattr, setXattr } from '../../src/linux/xattr.ts';
import { openLab, type ContainerLab } from '../support/containers.ts';
import { exampleImage, exampleRequest } from '../support/container-request.ts';
import { temporaryFolder } from '../support/tiny-image.ts';

interface CopyLab extends ContainerLab {
  readonly copy: FileCopyEngine;
  /** An empty folder of this machine. */
  readonly here: string;
  readonly create: (changes?: Parameters<typeof exampleRequest>[1]) => Promise<string>;
}

function lab(name: string, action: (lab: CopyLab) => Promise<void>): void {
  void test(name, { timeout: 120_000 }, async (t: TestContext) => {
    const opened = await openLab(t);
    if (opened === undefined) return;
    await using _ = opened;
    const create: CopyLab['create'] = async (changes = {}) =>
      (await opened.service.create(exampleRequest(['true'], changes), exampleImage)).id;
    await action({
      ...opened,
      copy: createFileCopy(opened.service),
      here: temporaryFolder(t),
      create,
    });
  });
}

const idle = ['sleep', '100'];

/** Everything that `cp` can meet, in one folder. */
function makeTree(folder: string): void {
  mkdirSync(join(folder, 'sub/deep'), { recursive: true });
  writeFileSync(join(folder, 'plain'), 'hello\n');
  chownSync(join(folder, 'plain'), 1234, 1235);
  chmodSync(join(folder, 'plain'), 0o4751);
  linkSync(join(folder, 'plain'), join(folder, 'sub/linked'));
  symlinkSync('../plain', join(folder, 'sub/link'));
  symlinkSync('/etc/hostname', join(folder, 'absolute'));
  makeNode(join(folder, 'fifo'), 'fifo', 0o640);
  makeNode(join(folder, 'null'), 'char', 0o666, { major: 1, minor: 3 });
  writeFileSync(join(folder, 'sparse'), 'end');
  truncateSync(join(folder, 'sparse'), 64 << 20);
  setXattr(join(folder, 'plain'), toByteString('user.note'), Buffer.from('kept'));
  chmodSync(join(folder, 'sub'), 0o1770);
  execFileSync('touch', ['-h', '-d', '@1700000000', ...listTree(folder).map((path) => join(folder, path))]);
}

function listTree(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' }).sort();
}

/** What matters of each file, to compare trees with. */
function describe(folder: string): Record<string, string> {
  return Object.fromEntries(
    listTree(folder).map((path) => {
      const full = join(folder, path);
      const { mode, uid, gid, size, mtimeMs, nlink, rdev } = lstatSync(full);
      const type = mode & 0o170000;
      const shown = type === 0o120000 ? readlinkSync(full) : type === 0o100000 ? `${size} ${nlink}` : rdev;
      return [path, `${mode.toString(8)} ${uid}:${gid} ${mtimeMs} ${shown}`];
    }),
  );
}

lab('a tree goes into a container and out again unchanged, running or not, with -a', async (lab) => {
  const { copy, here } = lab;
  const source = join(here, 'source');
  mkdirSync(source);
  makeTree(source);
  const wanted = describe(source);
  for (const id of [await lab.create(), await lab.start(idle)]) {
    await copy.copyTo(id, source, '/tmp/copy', { archive: true });
    const target = join(here, `out-${id}`);
    await copy.copyFrom(id, '/tmp/copy', target, { archive: true });
    assert.deepEqual(describe(target), wanted);
    assert.equal(readFileSync(join(target, 'sub/linked'), 'utf8'), 'hello\n');
    assert.equal(String(getXattr(join(target, 'plain'), toByteString('user.note'))), 'kept');
    assert.ok(statSync(join(target, 'sparse')).blocks < 1000, 'holes stay holes');
  }
});

lab("without -a files become the container's root's, and nobody gets set-id bits", async (lab) => {
  const { copy, here } = lab;
  makeTree(here);
  const id = await lab.start(idle);
  await copy.copyTo(id, join(here, 'plain'), '/tmp/x');
  const { upper } = lab.service.paths(id);
  const { uid, gid, mode } = statSync(join(upper, 'tmp/x'));
  assert.deepEqual([uid, gid, mode & 0o7777], [0, 0, 0o751]);
  await copy.copyTo(id, join(here, 'plain'), '/tmp/y', { archive: true });
  await copy.copyFrom(id, '/tmp/y', join(here, 'y'));
  assert.equal(statSync(join(here, 'y')).uid, 0);
  assert.equal(statSync(join(here, 'y')).mode & 0o7777, 0o751);
});

lab("names and directories follow docker cp's rules", async ({ copy, here, create }) => {
  const id = await create();
  mkdirSync(join(here, 'dir/sub'), { recursive: true });
  writeFileSync(join(here, 'dir/f'), 'f');
  writeFileSync(join(here, 'file'), 'file');
  const names = async (path: string): Promise<string[]> => {
    const target = join(here, 'seen');
    execFileSync('rm', ['-rf', target]);
    await copy.copyFrom(id, path, target);
    return listTree(target);
  };
  await copy.copyTo(id, join(here, 'dir'), '/tmp/new');
  assert.deepEqual(await names('/tmp/new'), ['f', 'sub']);
  await copy.copyTo(id, join(here, 'dir'), '/tmp/new');
  assert.deepEqual(await names('/tmp/new'), ['dir', 'dir/f', 'dir/sub', 'f', 'sub']);
  await copy.copyTo(id, `${here}/dir/.`, '/tmp/content');
  assert.deepEqual(await names('/tmp/content/.'), ['f', 'sub']);
  await copy.copyTo(id, join(here, 'file'), '/tmp/content');
  await copy.copyTo(id, join(here, 'file'), '/tmp/content/f');
  assert.deepEqual(await names('tmp/content'), ['f', 'file', 'sub']);
  assert.equal(readFileSync(join(here, 'seen/f'), 'utf8'), 'file');

  const refusals: [() => Promise<unknown>, RegExp][] = [
    [() => copy.copyTo(id, join(here, 'dir'), '/tmp/content/f'), /^cannot copy directory$/],
    [() => copy.copyTo(id, join(here, 'file'), '/tmp/none/'), /^no such directory$/],
    [() => copy.copyTo(id, join(here, 'file/'), '/tmp/x'), /^not a directory$/],
    [
      () => copy.copyTo(id, join(here, 'file'), '/none/x'),
      /^Could not find the file \/none in container [0-9a-f]+$/,
    ],
    [() => copy.copyTo(id, join(here, 'none'), '/tmp'), /^lstat .*\/none: no such file or directory$/],
    [() => copy.copyFrom(id, '/none', here), /^Could not find the file \/none in container/],
    [() => copy.copyFrom(id, '/tmp/content/f/', here), /^lstat \/tmp\/content\/f\/: not a directory$/],
    [
      () => copy.copyFrom(id, '/tmp/content/f', join(here, 'no/x')),
      /^invalid output path: directory "\S+" does not/,
    ],
    [
      () => copy.copyFrom(id, '/tmp/content/f', '/dev/null'),
      /must be a directory or a regular file: got a device$/,
    ],
    [() => copy.copyFrom(id, '/tmp/content', join(here, 'file')), /^cannot copy directory$/],
  ];
  for (const [outcome, message] of refusals) await assert.rejects(outcome, { message });
  mkdirSync(join(here, 'odd'));
  mkdirSync(join(here, 'odd/f'));
  await assert.rejects(copy.copyFrom(id, '/tmp/content/f', join(here, 'odd')), {
    message: /^cannot overwrite directory "f" with non-directory ".*\/odd"$/,
  });
  await assert.rejects(copy.copyTo(id, `${here}/odd/.`, '/tmp/content'), {
    message: 'cannot overwrite non-directory "f" with directory "/tmp/content"',
  });
});

lab('symlinks are copied as they are, and followed with -L', async ({ copy, here, start }) => {
  const id = await start([
    'sh',
    '-c',
    'echo x >/tmp/f; busybox ln -s f /tmp/l; mkdir /tmp/d; exec sleep 100',
  ]);
  await waitFor(async () => (await copy.statPath(id, '/tmp/d')).mode > 0);
  assert.equal((await copy.statPath(id, '/tmp/l')).linkTarget, '/tmp/f');
  await copy.copyFrom(id, '/tmp/l', join(here, 'a'));
  assert.equal(readlinkSync(join(here, 'a')), 'f');
  await copy.copyFrom(id, '/tmp/l', join(here, 'b'), { followLink: true });
  assert.equal(readFileSync(join(here, 'b'), 'utf8'), 'x\n');
  // A link at the end of the target is the place that is meant.
  writeFileSync(join(here, 'new'), 'new');
  assert.equal((await copy.copyTo(id, join(here, 'new'), '/tmp/l')).path, '/tmp/f');
  await copy.copyFrom(id, '/tmp/f', join(here, 'c'));
  assert.equal(readFileSync(join(here, 'c'), 'utf8'), 'new');
});

lab('volumes are seen where the container has them, and read-only is read-only', async (lab) => {
  const { copy, here } = lab;
  mkdirSync(join(here, 'data'));
  mkdirSync(join(here, 'fixed'));
  writeFileSync(join(here, 'data/seen'), 'volume');
  writeFileSync(join(here, 'file'), 'file');
  const hostConfig = {
    ReadonlyRootfs: true,
    Binds: [`${here}/data:/srv/data`, `${here}/fixed:/srv/fixed:ro`],
  };
  const running = await lab.start(idle, { hostConfig });
  for (const id of [await lab.create({ hostConfig }), running]) {
    await copy.copyFrom(id, '/srv/data/seen', join(here, 'out'));
    assert.equal(readFileSync(join(here, 'out'), 'utf8'), 'volume');
    await copy.copyTo(id, join(here, 'file'), `/srv/data/${id}`);
    assert.equal(readFileSync(join(here, 'data', id), 'utf8'), 'file');
    await assert.rejects(copy.copyTo(id, join(here, 'file'), '/tmp/x'), {
      message: 'container rootfs is marked read-only',
    });
    await assert.rejects(copy.copyTo(id, join(here, 'file'), '/srv/fixed/x'), {
      message: 'mounted volume is marked read-only',
    });
  }
  assert.doesNotMatch(
    readFileSync('/proc/self/mountinfo', 'utf8').replaceAll(/^.*overlay.*$/gm, ''),
    /srv\/data/,
  );
  assert.deepEqual(readdirSync(join(here, 'fixed')), []);
});

lab(
  'archives go through standard streams, and the kernel makes no content',
  async ({ copy, start, here }) => {
    const id = await start(idle);
    writeFileSync(join(here, 'a'), 'A');
    const tar = execFileSync('tar', ['-C', here, '-cz', '--owner=7', '--group=8', '--numeric-owner', 'a']);
    await copy.extract(id, '/tmp', streamOf(tar));
    const { stat, content } = await copy.archive(id, '/tmp/a');
    assert.deepEqual([stat.name, stat.size, stat.mode], ['a', 1, 0o644]);
    const out = await collectBytes(content, 1 << 20);
    const listed = execFileSync('tar', ['tv', '--numeric-owner'], { input: out, encoding: 'utf8' });
    assert.match(listed, /^-rw-r--r-- 7\/8 +1 .* a\n$/);
    await assert.rejects(copy.extract(id, '/tmp/a', streamOf(tar)), {
      message: 'extraction point is not a directory',
    });
    await copy.copyFrom(id, '/', join(here, 'root'));
    assert.ok(existsSync(join(here, 'root/bin/busybox')));
    for (const name of ['proc', 'sys', 'dev']) assert.deepEqual(readdirSync(join(here, 'root', name)), []);
  },
);

lab(
  'a file that is mounted gets the content, and a busy program is replaced',
  async ({ copy, start, here }) => {
    const id = await start(['sh', '-c', 'busybox cp /bin/busybox /tmp/sleep; exec /tmp/sleep 100']);
    writeFileSync(join(here, 'hosts'), '1.2.3.4 me\n');
    await copy.copyTo(id, join(here, 'hosts'), '/etc/hosts');
    await copy.copyFrom(id, '/etc/hosts', join(here, 'back'));
    assert.equal(readFileSync(join(here, 'back'), 'utf8'), '1.2.3.4 me\n');
    await waitFor(async () => (await copy.statPath(id, '/tmp/sleep')).size > 1e6);
    await copy.copyTo(id, join(here, 'hosts'), '/tmp/sleep');
  },
);

async function waitFor(condition: () => Promise<boolean>): Promise<void> {
  for (let tries = 0; !(await condition().catch(() => false)); tries += 1) {
    assert.ok(tries < 100, 'the container is not ready');
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
