import assert from 'node:assert/strict';
import { lstatSync, mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { type TestContext } from 'node:test';
import { isLamellaError, systemErrorCode } from '../../src/base/errors.ts';
import { streamOf } from '../../src/base/streams.ts';
import { createFileCopy } from '../../src/engine/file-copy.ts';
import { openLab, type ContainerLab } from '../support/containers.ts';
import { exampleImage, exampleRequest } from '../support/container-request.ts';
import { archiveOf, rawMember } from '../support/tar-archive.ts';
import { temporaryFolder } from '../support/tiny-image.ts';

function lab(name: string, action: (lab: ContainerLab, t: TestContext) => Promise<void>): void {
  void test(name, { timeout: 120_000 }, async (t) => {
    const opened = await openLab(t);
    if (opened === undefined) return;
    await using _ = opened;
    await action(opened, t);
  });
}

/** A folder of the machine that no copy may read from or write to. */
function makeSecret(t: TestContext): { folder: string; readonly check: () => void } {
  const folder = temporaryFolder(t);
  writeFileSync(join(folder, 'secret'), 'SECRET');
  const { ctimeNs } = lstatSync(folder, { bigint: true });
  return {
    folder,
    check() {
      assert.deepEqual(readdirSync(folder), ['secret']);
      assert.equal(readFileSync(join(folder, 'secret'), 'utf8'), 'SECRET');
      assert.equal(lstatSync(folder, { bigint: true }).ctimeNs, ctimeNs, 'nothing was written there');
    },
  };
}

/** What a swap in the middle may lead to: the copy fails, since something has gone or is not what it was. */
async function unlessRaced(copy: Promise<unknown>): Promise<boolean> {
  try {
    await copy;
    return true;
  } catch (error) {
    const code = isLamellaError(error) ? error.code : systemErrorCode(error);
    if (/^(copy-|local-|container-file-not-found|ENOENT|ENOTDIR|ELOOP|EEXIST|EXDEV)/.test(code ?? ''))
      return false;
    throw error;
  }
}

lab('attack 40: a directory swapped for a symlink while files are copied leads nowhere', async (lab, t) => {
  const { folder, check } = makeSecret(t);
  const copy = createFileCopy(lab.service);
  const here = temporaryFolder(t);
  // In the container the folder's path is one of the container's own, with another file in it.
  const inside = `mkdir -p ${folder} /tmp/real; echo inside > ${folder}/secret; echo inside > /tmp/real/secret`;
  const swap = [
    `busybox ln -s ${folder} /tmp/way`,
    'while true; do mv /tmp/spot /tmp/aside 2>/dev/null; mv /tmp/way /tmp/spot 2>/dev/null',
    'mv /tmp/spot /tmp/way 2>/dev/null; mv /tmp/aside /tmp/spot 2>/dev/null; done',
  ].join('; ');
  const id = await lab.start(['sh', '-c', `${inside}; mv /tmp/real /tmp/spot; ${swap}`]);
  const source = join(here, 'source');
  mkdirSync(source);
  writeFileSync(join(source, 'secret'), 'written');
  let done = 0;
  for (let turn = 0; turn < 30; turn += 1) {
    const out = join(here, 'out');
    rmSync(out, { recursive: true, force: true });
    mkdirSync(out);
    if (await unlessRaced(copy.copyFrom(id, '/tmp/spot/secret', join(out, 'file')))) {
      assert.match(readFileSync(join(out, 'file'), 'utf8'), /^(inside\n|written)$/);
      done += 1;
    }
    await unlessRaced(copy.copyFrom(id, '/tmp', join(out, 'tree')));
    await unlessRaced(copy.copyTo(id, join(source, 'secret'), '/tmp/spot/secret'));
    await unlessRaced(copy.copyTo(id, `${source}/.`, '/tmp/spot'));
    check();
  }
  assert.ok(done > 0, 'no copy got through: the test has shown nothing');
});

lab('CVE-2018-15664: links that an image plants stay in the container, running or not', async (lab, t) => {
  const { folder, check } = makeSecret(t);
  const copy = createFileCopy(lab.service);
  const here = temporaryFolder(t);
  const up = '../'.repeat(30);
  symlinkSync(folder, join(lab.image, 'absolute'));
  symlinkSync(`${up}${folder.slice(1)}`, join(lab.image, 'relative'));
  symlinkSync('/proc/self/root', join(lab.image, 'magic'));
  symlinkSync(`/proc/1/cwd/${up}`, join(lab.image, 'magic2'));
  writeFileSync(join(here, 'file'), 'x');
  const { id: idle } = await lab.service.create(exampleRequest(['true']), exampleImage);
  for (const id of [idle, await lab.start(['sleep', '100'])]) {
    for (const link of ['absolute', 'relative', `magic${folder}`, `magic2${folder}`]) {
      await assert.rejects(copy.copyFrom(id, `/${link}/secret`, join(here, 'got')), link);
      await assert.rejects(copy.copyTo(id, join(here, 'file'), `/${link}/file`), link);
      await copy.copyFrom(id, `/${link}/`, join(here, 'got'), { followLink: true }).then(
        () => assert.fail(`${link} led somewhere`),
        () => {},
      );
    }
    check();
  }
});

lab('a mount point that is a symlink is mounted inside the container', async (lab, t) => {
  const { folder, check } = makeSecret(t);
  const copy = createFileCopy(lab.service);
  const here = temporaryFolder(t);
  writeFileSync(join(here, 'file'), 'x');
  symlinkSync(folder, join(lab.image, 'data'));
  const request = exampleRequest(['true'], { hostConfig: { Binds: [`${here}:/data`] } });
  const { id } = await lab.service.create(request, exampleImage);
  await copy.copyFrom(id, '/data/file', join(here, 'back'));
  assert.equal(readFileSync(join(here, 'back'), 'utf8'), 'x');
  check();
});

lab('an archive that a container made cannot write outside of the target', async (lab, t) => {
  const { folder, check } = makeSecret(t);
  const copy = createFileCopy(lab.service);
  const { id } = await lab.service.create(exampleRequest(['true']), exampleImage);
  const archives = [
    archiveOf(rawMember({ name: `../../../../../../../..${folder}/new` })),
    archiveOf(rawMember({ name: 'a/../../b' })),
  ];
  for (const archive of archives) {
    await assert.rejects(copy.extract(id, '/tmp', streamOf(archive)), { code: 'copy-outside' });
  }
  // Links may say what they like, but are followed inside the container only.
  const link = archiveOf(rawMember({ name: 'way', type: '2', linkName: folder }));
  await copy.extract(id, '/tmp', streamOf(link));
  const through = archiveOf(rawMember({ name: 'way/new' }));
  await unlessRaced(copy.extract(id, '/tmp', streamOf(through)));
  check();
});

lab(
  'CVE-2021-41089: no bits of files of this machine change, nor does its target directory',
  async (lab, t) => {
    const copy = createFileCopy(lab.service);
    const here = temporaryFolder(t);
    const { id } = await lab.service.create(exampleRequest(['true']), exampleImage);
    const before = lstatSync(here).mode;
    await copy.copyFrom(id, '/tmp/.', here);
    await copy.copyFrom(id, '/.', here);
    assert.equal(lstatSync(here).mode, before);
    assert.equal(lstatSync('/').uid, 0);
  },
);

lab('devices and FIFOs of a container are never opened', async (lab, t) => {
  const copy = createFileCopy(lab.service);
  const here = temporaryFolder(t);
  const id = await lab.start([
    'sh',
    '-c',
    'busybox mkfifo /tmp/fifo; busybox mknod /tmp/dog c 10 130; echo > /tmp/ready; exec sleep 100',
  ]);
  for (let tries = 0; ; tries += 1) {
    const ready = await copy.statPath(id, '/tmp/ready').catch(() => undefined);
    if (ready !== undefined) break;
    assert.ok(tries < 100);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  await copy.copyFrom(id, '/tmp', join(here, 'tmp'));
  assert.ok(lstatSync(join(here, 'tmp/fifo')).isFIFO());
  assert.ok(lstatSync(join(here, 'tmp/dog')).isCharacterDevice());
});
