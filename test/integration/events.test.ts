import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import test from 'node:test';
import { completeExec } from '../../src/engine/complete-request.ts';
import { type Database, openDatabase } from '../../src/db/database.ts';
import { migrations } from '../../src/db/schema.ts';
import type { Event } from '../../src/events/event-log.ts';
import { readEvents } from '../../src/events/read-events.ts';
import { exampleImage, exampleRequest } from '../support/container-request.ts';
import { openLab, workerCommand, type ContainerLab } from '../support/containers.ts';

function lab(name: string, action: (lab: ContainerLab, db: Database) => Promise<void>): void {
  void test(name, { timeout: 60_000 }, async (t) => {
    const opened = await openLab(t);
    if (opened === undefined) return;
    await using lab = opened;
    using db = openDatabase(join(lab.folder, 'lamella.db'), migrations);
    await action(lab, db);
  });
}

/** Action and attributes, without what all events of a container have. */
function lineOf({ action, actor }: Event): string {
  const { image: _, name: __, execID, ...others } = actor.attributes;
  const shown = { ...others, ...(execID === undefined ? {} : { execID: 'ID' }) };
  return [action, ...Object.entries(shown).map(([key, value]) => `${key}=${value}`)].join(' ');
}

async function past(db: Database, id: string): Promise<string[]> {
  const lines: string[] = [];
  const options = { since: 0, until: Date.now(), filters: { type: ['container'], container: [id] } };
  for await (const event of readEvents(db, options)) lines.push(lineOf(event));
  return lines;
}

const noOptions = { signal: undefined, timeout: undefined };
const patient = ['sh', '-c', 'trap "exit 3" TERM; while true; do sleep 0.05; done'];

lab(
  'what happens to a container is told in the order and the words of Docker',
  async ({ service, start }, db) => {
    const id = await start(patient);
    await service.rename(id, 'other');
    const running = await service.exec(id, completeExec({ command: ['sh', '-c', 'exit 4'] }));
    await running.exitCode;
    await service.stop(id, noOptions);
    await service.restart(id, noOptions);
    await service.kill(id, { signal: 'KILL' });
    await service.remove(id, { force: false });
    assert.deepEqual(
      (await past(db, id)).map((line) => line.replace(/execDuration=\d+/, 'execDuration=N')),
      [
        'create',
        'start',
        'rename',
        'exec_create: sh -c exit 4 execID=ID',
        'exec_start: sh -c exit 4 execID=ID',
        'exec_die exitCode=4 execID=ID',
        'kill signal=15',
        'die execDuration=N exitCode=3',
        'stop',
        'start',
        'restart',
        'kill signal=9',
        'die execDuration=N exitCode=137',
        'destroy',
      ].map((each) => (each === 'rename' ? renamed(db, id) : each)),
    );
  },
);

/** The name was made up. */
function renamed(db: Database, id: string): string {
  const row = db.get<{ attributes: string }>(
    `SELECT attributes FROM events WHERE action = 'rename' AND actor = ?`,
    id,
  );
  const { oldName } = JSON.parse(row?.attributes ?? '{}') as { oldName: string };
  assert.match(oldName, /^\/[a-z]+_[a-z]+$/);
  return `rename oldName=${oldName}`;
}

lab('who follows sees what another process causes, as it happens', async ({ service, folder }, db) => {
  const { id } = await service.create(exampleRequest(['sleep', '0.2']), exampleImage);
  const enough = new AbortController();
  const seen: string[] = [];
  const following = (async () => {
    const options = { since: undefined, until: undefined, filters: { container: [id] } };
    for await (const event of readEvents(db, { ...options, signal: enough.signal })) {
      seen.push(event.action);
      if (event.action === 'die') enough.abort();
    }
  })();
  // It ends by itself, and then conmon has a third process record that.
  spawn(process.execPath, workerCommand(folder, 'hold', id), { stdio: 'ignore' });
  await following;
  assert.deepEqual(seen, ['start', 'die']);
});
