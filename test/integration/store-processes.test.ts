import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { digestHex } from '../../src/oci/digest.ts';
import { type HammerStore, lostContent, openHammerStore } from '../support/store-hammer.ts';

const hammerScript = join(import.meta.dirname, '../support/store-hammer.ts');

function temporaryRoot(t: TestContext): string {
  const root = mkdtempSync(join(tmpdir(), 'lamella-hammer-'));
  t.after(() => rmSync(root, { recursive: true, force: true }));
  return root;
}

function startHammer(root: string, milliseconds: number): ChildProcess {
  return spawn(process.execPath, [hammerScript, root, String(milliseconds)], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}

async function outcome(
  child: ChildProcess,
): Promise<{ code: number | null; output: string; errors: string }> {
  let output = '';
  let errors = '';
  child.stdout?.on('data', (bytes) => (output += String(bytes)));
  child.stderr?.on('data', (bytes) => (errors += String(bytes)));
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, output, errors };
}

/** After everything unnamed was collected, disk and database must list the same. */
async function assertNothingLeftOver(store: HammerStore): Promise<void> {
  await store.collector.run(await store.collector.plan({ undoWindow: 0 }));
  assert.deepEqual(lostContent(store), []);
  const rows = store.blobs.list().map(({ digest }) => digestHex(digest));
  assert.deepEqual(readdirSync(join(store.root, 'blobs', 'sha256')).toSorted(byText), rows.toSorted(byText));
  const layers = store.db
    .all<{ hex: string }>("SELECT replace(diff_id, 'sha256:', '') AS hex FROM layers")
    .map(({ hex }) => hex);
  assert.deepEqual(readdirSync(join(store.root, 'layers')).toSorted(byText), layers.toSorted(byText));
  assert.deepEqual(readdirSync(join(store.root, 'ingest')), []);
  assert.equal(store.db.get<{ integrity_check: string }>('PRAGMA integrity_check')?.integrity_check, 'ok');
  for (const { id } of store.images.list({ all: true })) await store.images.config(id);
}

function byText(a: string, b: string): number {
  return a < b ? -1 : 1;
}

test('four processes add, remove, undo, prune and collect at once: no deadlock, nothing lost', async (t) => {
  const root = temporaryRoot(t);
  const outcomes = await Promise.all(Array.from({ length: 4 }, () => outcome(startHammer(root, 4000))));
  for (const { code, errors, output } of outcomes) {
    assert.equal(code, 0, errors);
    t.diagnostic(output.replace('ready', '').trim());
  }
  using store = openHammerStore(root);
  await assertNothingLeftOver(store);
});

test('processes that are killed at any instant lose nothing that is named, and their garbage is collected', async (t) => {
  const root = temporaryRoot(t);
  openHammerStore(root)[Symbol.dispose]();
  for (let round = 0; round < 8; round += 1) {
    const children = [startHammer(root, 60_000), startHammer(root, 60_000)];
    const outcomes = children.map(outcome);
    await Promise.all(children.map(async ({ stdout }) => stdout && once(stdout, 'data')));
    await sleep(Math.random() * 400);
    for (const child of children) {
      await sleep(Math.random() * 30);
      child.kill('SIGKILL');
    }
    for (const { errors } of await Promise.all(outcomes)) assert.equal(errors, '');
    using store = openHammerStore(root);
    assert.deepEqual(lostContent(store), [], `after round ${round}`);
  }
  using store = openHammerStore(root);
  t.diagnostic(
    `${store.db.get<{ n: number }>('SELECT count(*) AS n FROM operations')?.n} operations survived`,
  );
  await assertNothingLeftOver(store);
});

test('eight processes that open a new store at once all find it ready', async (t) => {
  const root = temporaryRoot(t);
  const outcomes = await Promise.all(Array.from({ length: 8 }, () => outcome(startHammer(root, 0))));
  for (const { code, errors } of outcomes) assert.equal(code, 0, errors);
});
