import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type TestContext } from 'node:test';
import { exampleImage, exampleRequest } from '../../test/support/container-request.ts';
import { isLamellaError } from '../base/errors.ts';
import { openDatabase } from '../db/database.ts';
import { currentOwner } from '../db/process-owner.ts';
import { migrations } from '../db/schema.ts';
import { containerPaths } from './container-paths.ts';
import { createContainerStore } from './container-store.ts';
import { containerSpec } from './create-container.ts';
import { createPauses, type Pauses } from './pause.ts';
import type { Container } from './types.ts';

interface Lab {
  readonly pauses: Pauses;
  readonly container: Container;
  readonly note: string;
  /** What the OCI runtime was told, one word each. */
  readonly calls: () => string;
  readonly events: string[];
}

function openLab(t: TestContext): Lab {
  const folder = mkdtempSync(join(tmpdir(), 'lamella-pause-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const calls = join(folder, 'calls');
  const program = join(folder, 'runc');
  writeFileSync(program, `#!/bin/sh\necho "$3" >> ${calls}\n`, { mode: 0o755 });
  const db = openDatabase(join(folder, 'lamella.db'), migrations);
  t.after(() => db.close());
  const store = createContainerStore(db);
  const id = 'c'.repeat(64);
  const container: Container = {
    id,
    name: 'web',
    imageId: exampleImage.id,
    imageName: 'example',
    createdAt: 0,
    driver: 'overlay',
    spec: containerSpec(id, exampleRequest(['sh']), exampleImage),
    status: 'running',
    state: { process: currentOwner() },
  };
  store.insert(container, []);
  const paths = { ...containerPaths({ root: folder, run: folder }, id), lock: join(folder, 'lock') };
  const pausedFor = join(folder, 'paused-for');
  const events: string[] = [];
  const pauses = createPauses({
    store,
    paths: () => ({ ...paths, pausedFor }),
    call: () =>
      Promise.resolve({ runtime: { name: 'runc', path: program, version: '' }, runtimeRoot: folder, id }),
    record: (_, action) => void events.push(action),
  });
  return {
    pauses,
    container,
    note: pausedFor,
    calls: () => (existsSync(calls) ? readFileSync(calls, 'utf8').trim().split('\n').join(' ') : ''),
    events,
  };
}

const isConflict = (message: string) => (error: unknown) =>
  isLamellaError(error, 'conflict') && error.message === message;

test('whilePaused() holds a container for one command at a time, and lets it go when that fails', async (t) => {
  const { pauses, container, note, calls } = openLab(t);
  await pauses.whilePaused(container, () =>
    assert.rejects(
      pauses.whilePaused(container, () => Promise.resolve()),
      (error) => isLamellaError(error, 'conflict') && error.code === 'container-paused',
    ),
  );
  await assert.rejects(
    pauses.whilePaused(container, () => Promise.reject(new Error('failed'))),
    /failed/,
  );
  assert.equal(calls(), 'pause resume pause resume');
  assert.ok(!existsSync(note));
});

test('what a person has paused is refused a second time, and so is to let go what is not paused', async (t) => {
  const { pauses, container, calls, events } = openLab(t);
  await pauses.pause(container);
  await assert.rejects(pauses.pause(container), isConflict(`Container ${container.id} is already paused`));
  await pauses.unpause(container);
  await assert.rejects(pauses.unpause(container), isConflict(`Container ${container.id} is not paused`));
  assert.equal(calls(), 'pause resume');
  assert.deepEqual(events, ['pause', 'unpause']);
});

test('a command does not let go what a person has paused', async (t) => {
  const { pauses, container, calls } = openLab(t);
  await pauses.pause(container);
  await pauses.whilePaused(container, () => Promise.resolve());
  assert.equal(calls(), 'pause');
});

test('a person may pause and let go while a command holds the container, which goes on when nobody wants it paused', async (t) => {
  const { pauses, container, calls } = openLab(t);
  await pauses.whilePaused(container, () => pauses.pause(container));
  assert.equal(calls(), 'pause');
  await pauses.whilePaused(container, () => pauses.unpause(container));
  assert.equal(calls(), 'pause resume');
});

test('a container that was paused for a command that is dead goes on, unless a person has paused it', async (t) => {
  const { pauses, container, note, calls } = openLab(t);
  writeFileSync(note, 'boot/1/2/3');
  await pauses.endAbandoned(container);
  assert.equal(calls(), 'resume');
  assert.ok(!existsSync(note));
  await pauses.pause(container);
  writeFileSync(note, 'boot/1/2/3');
  await pauses.endAbandoned(container);
  assert.equal(calls(), 'resume pause');
});
