import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import test from 'node:test';
import { makeImage, makeLayer } from '../support/archives.ts';
import { startFakeRegistry } from '../support/fake-registry.ts';
import { openPushLab, type PushEvent } from '../support/push-lab.ts';
import { temporaryFolder } from '../support/tiny-image.ts';

const worker = join(import.meta.dirname, '../support/push-worker.ts');
const isCompressing = ({ status, current = 0 }: PushEvent): boolean => status === 'Preparing' && current > 0;
const isSending = ({ status, current = 0 }: PushEvent): boolean => status === 'Pushing' && current > 0;

/** Pushes in another process, and kills that when it tells of a certain moment. */
async function killPush(root: string, name: string, moment: (event: PushEvent) => boolean): Promise<void> {
  const child = spawn(process.execPath, [worker, root, name], { stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = once(child, 'exit');
  for await (const line of createInterface(child.stdout)) {
    if (moment(JSON.parse(line) as PushEvent)) child.kill('SIGKILL');
  }
  const [, signal] = (await ended) as [number | null, string | null];
  assert.equal(signal, 'SIGKILL', 'the moment came before the end');
}

for (const [what, moment] of [
  ['compressing', isCompressing],
  ['sending', isSending],
] as const) {
  test(`a push that is killed while ${what} leaves a sound store and no tag, and the next one goes on`, async (t) => {
    await using registry = await startFakeRegistry();
    const root = join(temporaryFolder(t), 'store');
    const name = `${registry.domain}/team/app:1`;
    const layers = [1, 2].map((number) =>
      makeLayer({ [`noise${number}`]: randomBytes(3_000_000).toString('hex') }),
    );
    const before = openPushLab(t, root);
    await before.make(makeImage(layers, [name]));
    await before[Symbol.asyncDispose]();
    if (what === 'sending') registry.fault({ method: 'PUT', path: /uploads/ }, { delay: 4_000 });

    await killPush(root, name, moment);
    registry.faults.clear();
    assert.equal(registry.content.repositories.get('team/app')?.tags.size ?? 0, 0);

    await using after = openPushLab(t, root);
    const { damage } = await (await after.engine.system()).check();
    assert.deepEqual(damage, []);
    await after.pushOne(name);
    const compressed = new Set(after.events.filter(isCompressing).map(({ id }) => id));
    if (what === 'sending') assert.ok(compressed.size < layers.length, 'what was compressed is still here');
    assert.ok(registry.content.repository('team/app').tags.has('1'));

    await (await after.engine.images()).prune();
    await (await after.engine.system()).check();
    const left = readdirSync(join(root, 'ingest'));
    assert.deepEqual(left, [], 'nothing of the killed process is left after a collection');
  });
}
