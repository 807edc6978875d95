import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { randomBytes, randomInt } from 'node:crypto';
import { once } from 'node:events';
import { globSync, mkdirSync, mkdtempSync, readdirSync, rmSync, rmdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { chunkSize } from '../../src/remote/download/chunk-record.ts';
import { createTestStore, lamellaCommand } from '../support/command.ts';
import {
  copyStore,
  makeLabFolder,
  runHere,
  runKilledAt,
  runWithCopies,
  type StoreView,
  viewStore,
} from '../support/crash-lab.ts';
import { type FakeRegistry, randomCuts, startFakeRegistry } from '../support/fake-registry.ts';

const layerPath = /\/blobs\/sha256:/;

function sentOf(registry: FakeRegistry, digest: string): number {
  return registry
    .asked('GET', layerPath)
    .filter(({ path }) => path.endsWith(digest))
    .reduce((sum, { sent }) => sum + sent, 0);
}

test('a pull that is killed again and again at any byte goes on in the next process: nothing much comes twice', async (t) => {
  await using registry = await startFakeRegistry();
  const { layers, id } = registry.image('team/app', '1', {
    layers: [{ large: randomBytes(48 << 20) }],
  });
  const [layer] = layers;
  assert.ok(layer);
  registry.fault({ method: 'GET', path: layerPath }, { bytesPerSecond: 12 << 20 });
  const store = createTestStore(t);
  const kills = 4;
  for (let kill = 0; kill < kills; kill += 1) {
    const child = spawn(lamellaCommand, ['pull', '-q', `${registry.domain}/team/app:1`], {
      env: store.env,
      stdio: 'ignore',
    });
    const closed = once(child, 'close');
    const enough = sentOf(registry, layer.digest) + randomInt(1, 10 << 20);
    while (child.exitCode === null && sentOf(registry, layer.digest) < enough) await sleep(2);
    child.kill('SIGKILL');
    assert.equal((await closed)[1], 'SIGKILL', 'it ended by itself');
  }
  assert.equal(
    await store.ok(['pull', '-q', `${registry.domain}/team/app:1`]),
    `${registry.domain}/team/app:1`,
  );
  const twice = sentOf(registry, layer.digest) - layer.size;
  t.diagnostic(`${twice} of ${layer.size} bytes came twice after ${kills} kills`);
  assert.ok(twice <= kills * chunkSize, `${twice} bytes came twice`);
  assert.equal(await store.ok(['images', '-q', '--no-trunc']), id);
  assert.match(await store.ok(['system', 'check']), /./);
  assert.deepEqual(leftDownloads(store.root), []);
});

test('two processes that pull the same fetch each byte once', async (t) => {
  await using registry = await startFakeRegistry();
  const layers = [{ large: randomBytes(36 << 20) }, { other: randomBytes(1 << 20) }];
  const made = registry.image('team/app', '1', { layers });
  registry.image('team/other', '1', { layers, config: { author: 'somebody else' } });
  registry.fault({ method: 'GET', path: layerPath }, { bytesPerSecond: 30 << 20 });
  const store = createTestStore(t);
  const names = ['team/app:1', 'team/other:1'].map((name) => `${registry.domain}/${name}`);
  assert.deepEqual(await Promise.all(names.map((name) => store.ok(['pull', '-q', name]))), names);
  for (const { digest, size } of made.layers) assert.equal(sentOf(registry, digest), size);
});

test('connections that are cut now and then, a slow start and "too many requests" end well', async (t) => {
  await using registry = await startFakeRegistry();
  const { layers } = registry.image('team/app', '1', {
    layers: [{ large: randomBytes(40 << 20) }, { b: randomBytes(2 << 20) }, { c: 'c' }],
  });
  registry.faults.addRule(randomCuts({ share: 0.3, seed: 7, maxBytes: 4 << 20 }));
  registry.fault(
    { method: 'GET', path: layerPath, times: 1 },
    { status: 429, headers: { 'retry-after': '1' } },
  );
  const store = createTestStore(t);
  await store.ok(['pull', '-q', `${registry.domain}/team/app:1`]);
  const cuts = registry.asked('GET', layerPath).length;
  const all = layers.reduce((sum, { size }) => sum + size, 0);
  const sent = layers.reduce((sum, { digest }) => sum + sentOf(registry, digest), 0);
  t.diagnostic(`${cuts} requests, ${sent - all} bytes came twice`);
  assert.ok(sent - all < 10 * chunkSize);
});

test('a disk that runs full while a layer unpacks is as empty after it as before', async (t) => {
  if (process.getuid?.() !== 0) return t.skip('mounting a small disk needs root');
  const root = mkdtempSync(join(tmpdir(), 'lamella-full-'));
  const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=24m', 'tmpfs', root]);
  t.after(() => {
    spawnSync('umount', [root]);
    rmdirSync(root);
  });
  if (mounted.status !== 0) return t.skip('cannot mount a tmpfs');
  await using registry = await startFakeRegistry();
  const store = createTestStore(t, { LAMELLA_ROOT: root });

  registry.image('team/app', 'random', { layers: [{ large: randomBytes(16 << 20) }] });
  const refused = await store.run(['pull', '-q', `${registry.domain}/team/app:random`]);
  assert.notEqual(refused.code, 0);
  assert.match(refused.stderr, /no space left on device: at least \d+ bytes are needed, \d+ are free/);
  assert.equal(registry.count('GET', layerPath), 1, 'only the config was fetched');

  registry.image('team/app', 'zeros', {
    layers: [{ a: randomBytes(1000) }, { large: Buffer.alloc(40 << 20) }],
  });
  const failed = await store.run(['pull', '-q', `${registry.domain}/team/app:zeros`]);
  assert.notEqual(failed.code, 0);
  assert.match(failed.stderr, /no space left on device/);
  assert.deepEqual(globSync(join(root, '{ingest,layers}/*')), []);
  await store.ok(['image', 'prune', '-f']);
  assert.deepEqual(leftDownloads(root), []);

  registry.image('team/app', 'small', { layers: [{ small: randomBytes(1 << 20) }] });
  await store.ok(['pull', '-q', `${registry.domain}/team/app:small`]);
});

test('killed before any of its steps, a pull leaves a sound store, and done again is done', async (t) => {
  await using registry = await startFakeRegistry();
  const layers = [{ a: randomBytes(3000) }, { b: randomBytes(2000) }];
  registry.image('team/app', 'before', { layers: layers.slice(0, 1) });
  const index = [
    registry.image('team/app', undefined, { layers }),
    registry.image('team/app', undefined, { layers, platform: { os: 'linux', architecture: 's390x' } }),
  ];
  registry.index('team/app', '1', index);
  const folder = makeLabFolder();
  t.after(() => rmSync(folder, { recursive: true }));
  const proven = new Set<string>();
  const base = join(folder, 'base');
  mkdirSync(base);
  await succeed(base, ['pull', '-q', `${registry.domain}/team/app:before`]);
  const before = await viewStore(base, proven);
  const root = join(folder, 'root');
  copyStore(base, root);
  const args = ['pull', '-q', `${registry.domain}/team/app:1`];
  const copies = join(folder, 'copies');
  const unharmed = await runWithCopies(root, args, copies, {});
  assert.equal(unharmed.code, 0, unharmed.stderr);
  await succeed(root, ['image', 'prune', '-f']);
  const goal: Goal = { args, before, tidy: await viewStore(root, proven), proven };

  const told = unharmed.steps.findIndex((step) => step.includes(' print '));
  for (const [position, step] of unharmed.steps.entries()) {
    await assertRecovers(join(copies, String(position + 1)), step, told !== -1 && position > told, goal);
  }
  const realKills = 4;
  for (let kill = 1; kill <= realKills; kill += 1) {
    rmSync(root, { recursive: true });
    copyStore(base, root);
    const at = Math.ceil((unharmed.steps.length * kill) / (realKills + 1));
    const killed = await runKilledAt(root, args, at, {});
    assert.notEqual(killed.code, 0, 'it was not killed');
    await assertRecovers(root, killed.steps.at(-1) ?? '', killed.stdout !== '', goal);
  }
  t.diagnostic(`${unharmed.steps.length} steps and ${realKills} real kills`);
});

interface Goal {
  readonly args: readonly string[];
  readonly before: StoreView;
  readonly tidy: StoreView;
  readonly proven: Set<string>;
}

async function assertRecovers(root: string, step: string, hasTold: boolean, goal: Goal): Promise<void> {
  const where = `killed before ${step}`;
  const after = await viewStore(root, goal.proven);
  assert.deepEqual(after.problems, [], where);
  const isDone = Object.keys(after.tags).length === Object.keys(goal.tidy.tags).length;
  assert.deepEqual(after.tags, isDone ? goal.tidy.tags : goal.before.tags, where);
  if (hasTold) assert.ok(isDone, `${where}, it had told somebody that it was done`);
  await succeed(root, goal.args);
  await succeed(root, ['image', 'prune', '-f']);
  const { problems, files, rows, tags } = await viewStore(root, goal.proven);
  assert.deepEqual(leftDownloads(root), [], where);
  const lasting = (view: Pick<StoreView, 'files'>): string[] =>
    view.files.filter((file) => !/^(?:downloads|registries.json)/.test(file)).sort();
  assert.deepEqual(
    { problems, files: lasting({ files }), rows, tags },
    { problems: [], files: lasting(goal.tidy), rows: goal.tidy.rows, tags: goal.tidy.tags },
    where,
  );
}

async function succeed(root: string, args: readonly string[]): Promise<void> {
  const { code, stderr } = await runHere(root, args);
  assert.equal(code, 0, `lamella ${args.join(' ')}: ${stderr}`);
}

/** What is left of downloads, apart from the locks. */
function leftDownloads(root: string): string[] {
  return readdirSync(join(root, 'downloads')).filter((name) => name !== 'locks');
}
