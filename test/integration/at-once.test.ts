import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { globSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'node:test';
import { readSettings } from '../../src/engine/settings.ts';
import { digestHex } from '../../src/oci/digest.ts';
import { makeImage, makeLayer, ociLayout, tarOf } from '../support/archives.ts';
import { createTestStore, type TestStore, whyNoContainers } from '../support/command.ts';
import { makeTinyRoot } from '../support/transcript.ts';

const layers = [1, 2, 3].map((number) => makeLayer({ [`file${number}`]: `${number}`.repeat(20_000) }));
const first = makeImage(layers, ['first:1']);
const second = makeImage(layers.slice(0, 2), ['second:1'], { author: 'somebody' });
const firstArchive = tarOf(ociLayout([first], 'gzip'));
const secondArchive = tarOf(ociLayout([second], 'none'));

function byText(a: string, b: string): number {
  return a < b ? -1 : 1;
}

/** Nothing is damaged, and on the disk is exactly what the images need. */
async function assertSoundAndTidy(store: TestStore): Promise<void> {
  await store.ok(['image', 'prune', '-f']);
  assert.match(await store.ok(['system', 'check']), /Everything is as it should be\.$/);
  assert.deepEqual(readdirSync(join(store.root, 'ingest')), []);
  const ids = (await store.ok(['images', '-aq', '--no-trunc'])).split('\n');
  const needed = [first, second].filter(({ id }) => ids.includes(id)).flatMap((image) => image.layers);
  assert.deepEqual(
    globSync(join(store.root, 'layers/*'))
      .map((path) => path.slice(-64))
      .toSorted(byText),
    [...new Set(needed.map(({ diffId }) => digestHex(diffId)))].toSorted(byText),
  );
}

test('eight that load the same archive at once all have it, and it is there once', async (t) => {
  const store = createTestStore(t);
  const outputs = await Promise.all(
    Array.from({ length: 8 }, () => store.ok(['load'], { input: firstArchive })),
  );
  for (const output of outputs) assert.match(output, /Loaded image: first:1$/);
  assert.equal(await store.ok(['images', '-q', '--no-trunc']), first.id);
  await assertSoundAndTidy(store);
});

test('who loads, removes, prunes, saves and undoes at once meets no error but that something is gone', async (t) => {
  const store = createTestStore(t, { LAMELLA_UNDO_WINDOW: '0' });
  await store.ok(['load'], { input: firstArchive });
  const end = Date.now() + 6000;
  const done: Record<string, number> = {};
  async function repeat(args: readonly string[], input?: Buffer): Promise<void> {
    while (Date.now() < end) {
      const { code, stderr } = await store.run(args, input ? { input } : {});
      const name = `${args[0]}${code === 0 ? '' : ' refused'}`;
      done[name] = (done[name] ?? 0) + 1;
      if (code === 0) continue;
      assert.notEqual(args[0], 'load', stderr);
      assert.match(
        stderr,
        /^Error response from daemon: (?:No such image|reference does not exist|nothing to undo|cannot undo)/,
      );
    }
  }
  await Promise.all([
    repeat(['load'], firstArchive),
    repeat(['load'], secondArchive),
    repeat(['rmi', 'first:1']),
    repeat(['image', 'prune', '-a', '-f']),
    repeat(['save', 'first:1']),
    repeat(['undo']),
  ]);
  t.diagnostic(JSON.stringify(done));
  await store.ok(['load'], { input: firstArchive });
  await store.ok(['load'], { input: secondArchive });
  await assertSoundAndTidy(store);
});

test('twenty containers at once, while others prune, leave no mount, no process and no folder', async (t) => {
  const reason = whyNoContainers();
  if (reason !== undefined) return t.skip(reason);
  const folder = mkdtempSync(join(tmpdir(), 'lamella-at-once-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const rootFileSystem = join(folder, 'root');
  mkdirSync(rootFileSystem);
  makeTinyRoot(rootFileSystem);
  const store = createTestStore(t);
  const tar = execFileSync('tar', ['-c', '-C', rootFileSystem, '.'], { maxBuffer: 16 << 20 });
  await store.ok(['import', '-', 'tiny:1'], { input: tar });

  const run = async (number: number): Promise<void> => {
    const command = [
      'run',
      '--rm',
      '--network',
      'none',
      'tiny:1',
      'sh',
      '-c',
      `echo ${number} >/n; cat /n; exit 3`,
    ];
    const { code, stdout, stderr } = await store.run(command);
    assert.deepEqual([code, stdout, stderr], [3, `${number}\n`, '']);
  };
  // One that stays keeps the image from the pruners.
  await store.ok(['run', '-d', '--name', 'keeper', '--network', 'none', 'tiny:1', 'sleep', '1000']);
  const over = new AbortController();
  const prune = async (): Promise<void> => {
    while (!over.signal.aborted) {
      await store.ok(['image', 'prune', '-a', '-f']);
    }
  };
  const pruning = prune();
  try {
    await Promise.all(Array.from({ length: 20 }, (_, number) => run(number)));
  } finally {
    over.abort();
    await pruning;
  }
  await store.ok(['rm', '-f', 'keeper']);
  assert.equal(await store.ok(['ps', '-aq']), '');
  assert.deepEqual(globSync(join(store.root, 'containers/*')), []);
  await store.ok(['rmi', 'tiny:1']);
  await store.ok(['image', 'prune', '-f']);
  assert.deepEqual(globSync(join(store.root, '{layers,ingest}/*')), []);
  const { runFolder } = readSettings({ root: store.root });
  const mounts = readFileSync('/proc/self/mounts', 'utf8').split('\n');
  const ours = (text: string): boolean => text.includes(store.root) || text.includes(runFolder);
  assert.deepEqual(mounts.filter(ours), []);
  const processes = globSync('/proc/[0-9]*/cmdline').flatMap((path) => {
    try {
      return [readFileSync(path, 'utf8')];
    } catch {
      return [];
    }
  });
  assert.deepEqual(processes.filter(ours), []);
  assert.match(await store.ok(['system', 'check']), /Everything is as it should be\.$/);
});
