import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import test, { type TestContext } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { createTestStore, lamellaCommand, whyNoContainers, type TestStore } from '../support/command.ts';
import { importTiny, temporaryFolder } from '../support/tiny-image.ts';

/** A container that writes on and on, and has 192 MiB of changes, so that a commit of it takes a while. */
async function busyContainer(t: TestContext): Promise<{ store: TestStore; ticks: () => number }> {
  const store = createTestStore(t);
  await importTiny(t, store);
  const folder = temporaryFolder(t);
  const script = 'while :; do echo x >> /out/ticks; busybox usleep 5000; done';
  await store.ok([
    'run',
    '-d',
    '--name',
    'box',
    '--network',
    'none',
    '-v',
    `${folder}:/out`,
    'tiny:1',
    'sh',
    '-c',
    script,
  ]);
  await store.ok(['exec', 'box', 'busybox', 'dd', 'if=/dev/zero', 'of=/big', 'bs=1M', 'count=192']);
  return { store, ticks: () => statSync(join(folder, 'ticks')).size };
}

/** Resolves when the commit holds the container still; says whether it was seen. */
async function seePause(note: string, isOver: () => boolean): Promise<boolean> {
  while (!isOver()) {
    if (existsSync(note)) return true;
    await delay(2);
  }
  return false;
}

/** On a busy machine a tick takes its time. */
async function goesOn(ticks: () => number, from: number): Promise<boolean> {
  for (let attempt = 0; attempt < 200; attempt += 1) {
    if (ticks() > from) return true;
    await delay(50);
  }
  return false;
}

/** The note is there before the container stands still: on a busy machine the freezing takes its time. */
async function standsStill(ticks: () => number): Promise<number> {
  for (let before = ticks(), attempt = 0; attempt < 50; attempt += 1) {
    await delay(100);
    const now = ticks();
    if (now === before) return now;
    before = now;
  }
  return ticks();
}

function noteOf(id: string): string {
  const [folder] = readdirSync('/run/lamella').filter((name) =>
    existsSync(join('/run/lamella', name, 'containers', id)),
  );
  assert.ok(folder !== undefined, 'the container runs somewhere else');
  return join('/run/lamella', folder, 'containers', id, 'paused-for');
}

test('a commit holds a busy container still, and one that is killed then does not hold it for ever', async (t) => {
  const reason = whyNoContainers();
  if (reason !== undefined) return t.skip(reason);
  const { store, ticks } = await busyContainer(t);
  const note = noteOf(await store.ok(['inspect', '-f', '{{.Id}}', 'box']));
  const commit = spawn(lamellaCommand, ['commit', 'box', 'late:1'], { env: store.env, stdio: 'ignore' });
  const ended = once(commit, 'exit');
  assert.ok(await seePause(note, () => commit.exitCode !== null), 'the container was never paused');
  await delay(100);
  commit.kill('SIGKILL');
  await ended;
  const frozenAt = await standsStill(ticks);
  await delay(200);
  assert.equal(ticks(), frozenAt);

  await store.ok(['ps']);
  assert.ok(await goesOn(ticks, frozenAt), 'the next command has not let the container go on');
  assert.equal(await store.ok(['images', '-q', 'late']), '');

  await store.ok(['commit', 'box', 'late:1']);
  const committedAt = ticks();
  assert.ok(await goesOn(ticks, committedAt), 'the container stands still after the commit');
  assert.match(await store.ok(['inspect', '-f', '{{.State.Status}}', 'box']), /^running$/);
});

test('commit -p=false never holds the container still', async (t) => {
  const reason = whyNoContainers();
  if (reason !== undefined) return t.skip(reason);
  const { store } = await busyContainer(t);
  const note = noteOf(await store.ok(['inspect', '-f', '{{.Id}}', 'box']));
  const commit = spawn(lamellaCommand, ['commit', '-p=false', 'box', 'live:1'], {
    env: store.env,
    stdio: 'ignore',
  });
  const ended = once(commit, 'exit');
  assert.equal(await seePause(note, () => commit.exitCode !== null), false);
  assert.deepEqual((await ended)[0], 0);
});

test('a commit tells how long the container stood still, which is less than the commit took', async (t) => {
  const reason = whyNoContainers();
  if (reason !== undefined) return t.skip(reason);
  const { store } = await busyContainer(t);
  const begun = performance.now();
  const told = JSON.parse(await store.ok(['--json', 'commit', 'box', 'told:1'])) as Record<string, unknown>;
  const took = performance.now() - begun;
  assert.match(String(told['Id']), /^sha256:[0-9a-f]{64}$/);
  const paused = Number(told['PausedMilliseconds']);
  assert.ok(paused > 0 && paused < took, `${paused} ms of ${took} ms`);
  t.diagnostic(`stood still for ${paused} ms of ${Math.round(took)} ms`);
});
