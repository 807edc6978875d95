import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type TestContext } from 'node:test';
import { type Database, openDatabase } from '../db/database.ts';
import { migrations } from '../db/schema.ts';
import { checkEventFilters, matchesEvent } from './event-filters.ts';
import { eventJson } from './event-json.ts';
import { createEventRecorder, type Event } from './event-log.ts';
import { lastExitCode } from './last-exit-code.ts';
import { readEvents, type ReadEventsOptions } from './read-events.ts';

function openLog(t: TestContext): Database {
  const folder = mkdtempSync(join(tmpdir(), 'lamella-events-'));
  const db = openDatabase(join(folder, 'lamella.db'), migrations);
  t.after(() => {
    db.close();
    rmSync(folder, { recursive: true });
  });
  return db;
}

const started = (id: string): Omit<Event, 'at'> => ({
  type: 'container',
  action: 'start',
  actor: { id, attributes: { name: `name-${id}`, image: 'debian:12', tier: 'web' } },
});

async function idsOf(db: Database, options: Partial<ReadEventsOptions>): Promise<string[]> {
  const ids: string[] = [];
  for await (const { actor } of readEvents(db, {
    since: undefined,
    until: undefined,
    filters: {},
    ...options,
  }))
    ids.push(actor.id);
  return ids;
}

test('past events are given from `since` to `until`, both of them included', async (t) => {
  const db = openLog(t);
  let time = 1000;
  const record = createEventRecorder(db, () => time);
  for (const id of ['a', 'b', 'c', 'd']) {
    record(started(id));
    time += 1000;
  }
  assert.deepEqual(await idsOf(db, { since: 2000, until: 3000 }), ['b', 'c']);
  assert.deepEqual(await idsOf(db, { until: 3000 }), ['a', 'b', 'c']);
});

test('two events never have the same time', async (t) => {
  const db = openLog(t);
  const record = createEventRecorder(db, () => 1000);
  for (let count = 0; count < 3; count += 1) record(started('a'));
  const times: bigint[] = [];
  for await (const { at } of readEvents(db, { since: 0, until: 2000, filters: {} })) times.push(at);
  assert.deepEqual(times, [1_000_000_000n, 1_000_000_001n, 1_000_000_002n]);
});

test('an event that another connection records is seen while one follows', { timeout: 20_000 }, async (t) => {
  const db = openLog(t);
  createEventRecorder(db)(started('past'));
  const enough = new AbortController();
  const seen: string[] = [];
  const following = (async () => {
    for await (const { actor } of readEvents(db, {
      since: undefined,
      until: undefined,
      filters: {},
      signal: enough.signal,
    })) {
      seen.push(actor.id);
      if (seen.length === 2) enough.abort();
    }
  })();
  await new Promise(setImmediate);
  using other = openDatabase(db.path, migrations);
  const record = createEventRecorder(other);
  record(started('one'));
  other.transaction(() => record(started('two')));
  await following;
  assert.deepEqual(seen, ['one', 'two']);
});

test('following ends at a time that is still to come', { timeout: 10_000 }, async (t) => {
  const db = openLog(t);
  assert.deepEqual(await idsOf(db, { until: Date.now() + 50 }), []);
});

test('no more than the 10,000 newest events are kept', (t) => {
  const db = openLog(t);
  const record = createEventRecorder(db);
  db.transaction(() => {
    for (let count = 0; count < 10_752; count += 1) record(started('a'));
  });
  const { count } = db.get<{ count: number }>('SELECT count(*) AS count FROM events') ?? { count: 0 };
  assert.equal(count, 10_000);
});

test('filters decide as Docker’s do', () => {
  const event: Event = { at: 1n, ...started('abc') };
  const matches = (filters: Record<string, string[]>): boolean => matchesEvent(event, filters);
  assert.equal(matches({}), true);
  assert.equal(matches({ type: ['image', 'container'] }), true);
  assert.equal(matches({ type: ['image'] }), false);
  assert.equal(matches({ event: ['star'] }), false);
  assert.equal(matches({ container: ['ab'] }), true);
  assert.equal(matches({ container: ['name-a'] }), true);
  assert.equal(matches({ container: ['other'] }), false);
  assert.equal(matches({ image: ['debian'] }), true);
  assert.equal(matches({ image: ['debian:12'] }), true);
  assert.equal(matches({ image: ['debian:11'] }), false);
  assert.equal(matches({ label: ['tier', 'tier=web'] }), true);
  assert.equal(matches({ label: ['tier', 'tier=db'] }), false);
  const healthy = { ...event, action: 'health_status: healthy' };
  assert.equal(matchesEvent(healthy, { event: ['health_status'] }), true);
  assert.equal(matchesEvent(healthy, { event: ['health_status: unhealthy'] }), false);
  assert.throws(() => checkEventFilters({ colour: ['red'] }), { message: "invalid filter 'colour'" });
});

test('eventJson() gives the fields of the Docker Engine API', () => {
  const json = eventJson({ at: 1_764_000_000_123_456_789n, ...started('abc') });
  assert.deepEqual(Object.entries(json), [
    ['status', 'start'],
    ['id', 'abc'],
    ['from', 'debian:12'],
    ['Type', 'container'],
    ['Action', 'start'],
    ['Actor', { ID: 'abc', Attributes: { image: 'debian:12', name: 'name-abc', tier: 'web' } }],
    ['scope', 'local'],
    ['time', 1_764_000_000],
    ['timeNano', 1_764_000_000_123_456_789n],
  ]);
});

test('lastExitCode() tells how a container that is gone ended at last', (t) => {
  const db = openLog(t);
  const record = createEventRecorder(db);
  const ended = (id: string, exitCode: string): void =>
    record({ type: 'container', action: 'die', actor: { id, attributes: { exitCode } } });
  ended('a', '1');
  ended('b', '2');
  ended('a', '137');
  record(started('a'));
  assert.equal(lastExitCode(db, 'a'), 137);
  assert.equal(lastExitCode(db, 'b'), 2);
  assert.equal(lastExitCode(db, 'c'), undefined);
});
