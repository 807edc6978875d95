import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { chmodSync, globSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { type TestContext } from 'node:test';
import { makeImage, makeLayer, ociLayout, tarOf } from '../support/archives.ts';
import { createTestStore, type CommandResult, lamellaCommand, type TestStore } from '../support/command.ts';
import { openReadOnly, openSmallDisk } from '../support/mounted.ts';

const small = makeImage([makeLayer({ small: 'small' })], ['small:1']);
const big = makeImage(
  [1, 2, 3].map((number) => makeLayer({ [`big${number}`]: `${number}`.repeat(3 << 20) })),
  ['big:1'],
);
const smallArchive = tarOf(ociLayout([small], 'gzip'));

async function storeWithSmall(t: TestContext, root?: string): Promise<TestStore> {
  const store = createTestStore(t, { LAMELLA_UNDO_WINDOW: '0', ...(root && { LAMELLA_ROOT: root }) });
  await store.ok(['load'], { input: smallArchive });
  return store;
}

async function assertSmallIsSound(store: TestStore): Promise<void> {
  assert.equal((await store.run(['system', 'check'])).code, 0);
  assert.equal(await store.ok(['images', '-q', '--no-trunc']), small.id);
}

test('what a disk has no room for is refused in one line with a hint, and leaves nothing (44)', async (t) => {
  const disk = openSmallDisk(t, '6m');
  if (disk === undefined) return;
  const root = join(disk, 'store');
  const store = await storeWithSmall(t, root);
  // The store's own clean-up asks it for containers, and so makes it anew where the disk was.
  t.after(() => rmSync(disk, { recursive: true, force: true }));
  await store.ok(['create', '--name', 'box', 'small:1', '/x']);
  const files = (): string[] =>
    readdirSync(root, { recursive: true, encoding: 'utf8' })
      .filter((path) => !path.startsWith('lamella.db'))
      .sort();
  const before = files();
  // Half of what is left; its copy as a layer does not fit beside it.
  const [upper = ''] = globSync(join(root, 'containers/*/upper'));
  const attempts: Readonly<Record<string, () => Promise<CommandResult>>> = {
    'load from a pipe': () => store.run(['load'], { input: tarOf(ociLayout([big], 'none')) }),
    'load of compressed layers': () => store.run(['load'], { input: tarOf(ociLayout([big], 'gzip')) }),
    import: () => store.run(['import', '-', 'big:2'], { input: makeLayer({ f: 'x'.repeat(7 << 20) }).tar }),
    commit: () => store.run(['commit', 'box', 'big:3']),
  };
  for (const [what, attempt] of Object.entries(attempts)) {
    if (what === 'commit') {
      writeFileSync(join(upper, 'large'), Buffer.alloc(3.2 * (1 << 20), 'x'));
      before.push(join(upper, 'large').slice(root.length + 1));
    }
    const { code, stdout, stderr } = await attempt();
    assert.equal(code, 1, `${what}: ${stderr}`);
    assert.match(stderr, /^Error response from daemon: .*no space left on device.*\nHint: .*\n$/, what);
    assert.equal(stdout, '', what);
    assert.deepEqual(files(), before.toSorted(), what);
    await assertSmallIsSound(store);
  }
});

test('with too few open files allowed a load fails as a whole, and the next one cleans up', async (t) => {
  const store = createTestStore(t);
  let failures = 0;
  for (const limit of [24, 26, 28, 30, 32, 34, 36, 40]) {
    const { status } = spawnSync('sh', ['-c', `ulimit -n ${limit} && exec ${lamellaCommand} load`], {
      env: store.env,
      input: smallArchive,
    });
    if (status === 0) break;
    failures += 1;
    assert.equal((await store.run(['images', '-q'])).stdout, '');
  }
  assert.ok(failures > 0, 'no limit was too low');
  await store.ok(['load'], { input: smallArchive });
  assert.deepEqual(readdirSync(join(store.root, 'ingest')), []);
  await assertSmallIsSound(store);
});

test('a store on a disk that is mounted read-only can be read, and every change is refused as that', async (t) => {
  const store = await storeWithSmall(t);
  const root = openReadOnly(t, store.root);
  if (root === undefined) return;
  const env = { LAMELLA_ROOT: root };
  for (const args of [
    ['images'],
    ['inspect', '-f', '{{.Id}} {{.RepoTags}}', 'small:1'],
    ['history', 'small:1'],
    ['ps', '-a'],
    ['system', 'df'],
    ['system', 'check'],
    ['tag', '--log', 'small:1'],
  ]) {
    // Between the two commands a second may pass.
    const [there, here] = [await store.ok(args, { env }), await store.ok(args)].map((text) =>
      text.replace(/(?:\d+ seconds|About a minute) ago */, '… ago'),
    );
    assert.equal(there, here, args.join(' '));
  }
  const saved = await store.run(['save', 'small:1'], { env });
  assert.equal(saved.code, 0, saved.stderr);
  assert.equal(saved.stdout, (await store.run(['save', 'small:1'])).stdout);
  for (const args of [['tag', 'small:1', 'new:1'], ['rmi', 'small:1'], ['load'], ['undo']]) {
    const { code, stderr } = await store.run(args, { env, input: smallArchive });
    assert.equal(code, 1, args.join(' '));
    assert.match(
      stderr,
      /^Error response from daemon: the store is read-only: .*\nHint: .*\n$/,
      args.join(' '),
    );
  }
});

test("somebody else's store is refused as that; one that all may read can be read while its owner works", async (t) => {
  if (process.getuid?.() !== 0) return t.skip('becoming somebody else needs root');
  const store = await storeWithSmall(t);
  const asNobody = (...args: string[]): { status: number | null; stdout: string; stderr: string } =>
    spawnSync(lamellaCommand, args, {
      env: { ...store.env, HOME: '/' },
      uid: 65_534,
      gid: 65_534,
      encoding: 'utf8',
    });
  if (spawnSync(lamellaCommand, ['--version'], { uid: 65_534, gid: 65_534 }).status !== 0)
    return t.skip('others may not read this checkout');
  chmodSync(store.root, 0o700);
  const refused = asNobody('images');
  assert.equal(refused.status, 1);
  assert.match(
    refused.stderr,
    /^Error response from daemon: permission denied: .*\nHint: Run it as the user/,
  );
  chmodSync(store.root, 0o755);
  assert.equal(asNobody('images').stdout, `${await store.ok(['images'])}\n`);
  assert.match(asNobody('tag', 'small:1', 'new:1').stderr, /the store is read-only/);
  mkdirSync(join(store.root, 'mine'), { mode: 0o700 });
  assert.equal(asNobody('system', 'check').status, 0);
});
