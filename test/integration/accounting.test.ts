import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { globSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { type TestContext } from 'node:test';
import { openEngine } from '../../src/engine/engine.ts';
import type { DiskUsage } from '../../src/engine/ports/system-engine.ts';
import { makeImage, makeLayer, ociLayout, tarOf } from '../support/archives.ts';
import { makeLabFolder, runHere } from '../support/crash-lab.ts';

const sizes = { base: 700_000, middle: 90_000, left: 30_000, right: 5000 };
const layer = (name: keyof typeof sizes): ReturnType<typeof makeLayer> =>
  makeLayer({ [name]: name.charAt(0).repeat(sizes[name]) });
const [base, middle, left, right] = [layer('base'), layer('middle'), layer('left'), layer('right')];
const images = {
  left: makeImage([base, middle, left], ['left:1']),
  right: makeImage([base, middle, right], ['right:1']),
  // The same layers on disk, yet not shared in Docker's sense, as what they lie on differs.
  alone: makeImage([left, right], ['alone:1']),
};

interface Lab {
  readonly root: string;
  ok(...args: string[]): Promise<string>;
  usage(): Promise<DiskUsage>;
}

async function openLab(t: TestContext): Promise<Lab> {
  const folder = makeLabFolder();
  t.after(() => rmSync(folder, { recursive: true }));
  const root = join(folder, 'store');
  mkdirSync(root);
  const archive = join(folder, 'archive.tar');
  writeFileSync(archive, tarOf(ociLayout(Object.values(images), 'none')));
  const lab: Lab = {
    root,
    async ok(...args) {
      const { code, stdout, stderr } = await runHere(root, args);
      assert.equal(code, 0, stderr);
      return stdout.trimEnd();
    },
    async usage() {
      await using engine = openEngine({ root, env: {} });
      return await (await engine.system()).diskUsage();
    },
  };
  await lab.ok('load', '-i', archive);
  return lab;
}

/** What the folders take, as df says it and as du counts it. The database's log is gone when nobody has it open. */
function assertFoldersAddUp({ root }: Lab, { folders }: DiskUsage): void {
  const lasting = folders.filter(({ name }) => !name.startsWith('lamella.db-'));
  const names = lasting.map(({ name }) => name);
  const counted = execFileSync('du', ['-s', '--block-size=1', ...names], { cwd: root, encoding: 'utf8' });
  assert.deepEqual(
    lasting.map(({ name, bytes }) => `${bytes}\t${name}`),
    counted.trimEnd().split('\n'),
  );
}

function takenBy({ root }: Lab, folder: string): number {
  return Number(
    execFileSync('du', ['-s', '--block-size=1', join(root, folder)], { encoding: 'utf8' }).split('\t')[0],
  );
}

test('df gives each layer once, what images share and what is their own, and its folders are what du counts', async (t) => {
  const lab = await openLab(t);
  const usage = await lab.usage();
  assert.equal(usage.layersSize, sizes.base + sizes.middle + sizes.left + sizes.right);
  const bySize = Object.fromEntries(
    usage.images.map(({ RepoTags: [name = ''], Size: size, SharedSize: shared }) => [name, [size, shared]]),
  );
  const shared = sizes.base + sizes.middle;
  assert.deepEqual(bySize, {
    'left:1': [shared + sizes.left, shared],
    'right:1': [shared + sizes.right, shared],
    'alone:1': [sizes.left + sizes.right, 0],
  });
  assert.equal(usage.reclaimable.images, usage.layersSize);
  assertFoldersAddUp(lab, usage);
  assert.match(await lab.ok('system', 'df'), /Images +3 +0 +825kB +825kB \(100%\)/);
  assert.match(await lab.ok('system', 'df', '-v'), /left +1 .* 820kB +790kB +30kB +0/);
});

test('a container counts with what it changed, and its image is not reclaimable', async (t) => {
  const lab = await openLab(t);
  const id = await lab.ok('create', '--name', 'box', 'left:1', '/x');
  const [upper = ''] = globSync(join(lab.root, 'containers/*/upper'));
  writeFileSync(join(upper, 'new'), 'x'.repeat(50_000));
  const usage = await lab.usage();
  assert.deepEqual(
    usage.containers.map(({ Id, SizeRw, SizeRootFs }) => [Id, SizeRw, SizeRootFs]),
    [[id, 50_000, 50_000 + sizes.base + sizes.middle + sizes.left]],
  );
  assert.equal(usage.reclaimable.images, sizes.right);
  assert.equal(usage.reclaimable.containers, 50_000);
  assertFoldersAddUp(lab, usage);
  assert.match(await lab.ok('system', 'df'), /Containers +1 +0 +50kB +50kB \(100%\)/);
  const before = takenBy(lab, 'containers');
  await lab.ok('rm', 'box');
  assert.ok(before - takenBy(lab, 'containers') >= 50_000);
});

test('a removed image counts on disk until it cannot come back; then the store is as small as one that never had it', async (t) => {
  const lab = await openLab(t);
  const full = takenBy(lab, 'layers');
  await lab.ok('rmi', 'left:1');
  const removed = await lab.usage();
  assert.equal(takenBy(lab, 'layers'), full);
  assert.equal(
    removed.layersSize,
    sizes.base + sizes.middle + sizes.left + sizes.right,
    'alone:1 has left, too',
  );
  assertFoldersAddUp(lab, removed);
  await lab.ok('rmi', 'alone:1');
  assert.equal((await lab.usage()).layersSize, sizes.base + sizes.middle + sizes.right);
  await lab.ok('undo');
  assert.equal((await lab.usage()).layersSize, sizes.base + sizes.middle + sizes.left + sizes.right);
  await lab.ok('rmi', 'alone:1');
  // right:1 goes now; the layer that only the others had is freed with it.
  const dry = await lab.ok('image', 'prune', '-a', '--dry-run');
  const printed = await lab.ok('image', 'prune', '-a', '-f');
  assert.match(printed, /Total reclaimed space: 825kB$/);
  assert.match(dry, /825kB/);
  assert.deepEqual(globSync(join(lab.root, '{layers,blobs/sha256,ingest,containers}/*')), []);
  const usage = await lab.usage();
  assert.deepEqual([usage.layersSize, usage.images.length], [0, 0]);
  assertFoldersAddUp(lab, usage);
});
