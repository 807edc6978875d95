import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type TestContext } from 'node:test';
import { createServerHealth, type ServerHealth } from './server-health.ts';

const minute = 60_000;
const servers = [
  { url: 'https://a', isMirror: true },
  { url: 'https://b', isMirror: true },
  { url: 'https://own', isMirror: false },
];
const failed = { kind: 'failed', reason: 'timeout' } as const;
const wrong = { kind: 'wrong', reason: 'a page' } as const;
const answered = (speed?: number): { kind: 'answered'; speed?: number } => ({
  kind: 'answered',
  ...(speed !== undefined && { speed }),
});

interface Lab {
  readonly path: string;
  readonly clock: { now: number };
  readonly open: () => ServerHealth;
}

function lab(t: TestContext): Lab {
  const folder = mkdtempSync(join(tmpdir(), 'lamella-health-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const clock = { now: 1_800_000_000_000 };
  const path = join(folder, 'registries.json');
  return { path, clock, open: () => createServerHealth({ path, now: () => clock.now }) };
}

const order = (health: ServerHealth): string =>
  health
    .order(servers)
    .map(({ url }) => url.slice(8))
    .join(' ');

test('a server that failed is asked last for a minute, and longer each time that it fails again', (t) => {
  const { open, clock } = lab(t);
  const health = open();
  for (const minutes of [1, 2, 4, 8, 16, 30, 30]) {
    health.report('https://a', failed);
    assert.equal(order(health), 'b own a');
    clock.now += minutes * minute - 1;
    assert.equal(order(health), 'b own a');
    clock.now += 1;
    assert.equal(order(health), 'a b own');
  }
});

test('many requests that fail at the same time are one failure', (t) => {
  const { open, clock } = lab(t);
  const health = open();
  for (let request = 0; request < 20; request++) health.report('https://a', failed);
  clock.now += minute;
  assert.equal(order(health), 'a b own');
});

test('an answer ends the pause of a server that failed, but not of one that gave wrong content', (t) => {
  const { open, clock } = lab(t);
  const health = open();
  health.report('https://a', failed);
  health.report('https://a', answered());
  assert.equal(order(health), 'a b own');
  health.report('https://a', wrong);
  health.report('https://a', answered(1e6));
  assert.equal(order(health), 'b own a');
  clock.now += 10 * minute;
  assert.equal(order(health), 'a b own');
});

test('where all have failed, those that will recover first are asked first, and none is left out', (t) => {
  const { open, clock } = lab(t);
  const health = open();
  health.report('https://own', failed);
  clock.now += 1000;
  health.report('https://b', failed);
  health.report('https://a', wrong);
  assert.equal(order(health), 'own b a');
});

test('a slow mirror comes behind those that are clearly faster, for an hour', (t) => {
  const { open, clock } = lab(t);
  const health = open();
  health.report('https://a', answered(1e6));
  health.report('https://b', answered(2.9e6));
  assert.equal(order(health), 'a b own');
  health.report('https://own', answered(50e6));
  assert.equal(order(health), 'own a b');
  clock.now += 60 * minute;
  assert.equal(order(health), 'a b own');
});

test('a very slow mirror lets mirrors that nobody has measured try, and one that crawls the registry too', (t) => {
  const { open } = lab(t);
  const health = open();
  health.report('https://a', answered(200_000));
  assert.equal(order(health), 'b a own');
  health.report('https://b', answered(250_000));
  assert.equal(order(health), 'a b own');
  health.report('https://a', answered(1000));
  health.report('https://a', answered(1000));
  assert.equal(order(health), 'b own a');
  health.report('https://own', answered(30_000));
  assert.equal(order(health), 'b a own');
});

test('the clock may jump: back lifts every pause, forward ends them', (t) => {
  const { open, clock } = lab(t);
  const health = open();
  for (let time = 0; time < 6; time++) {
    health.report('https://a', failed);
    clock.now += 31 * minute;
  }
  health.report('https://a', failed);
  health.flush();
  clock.now -= 10 * 365 * 24 * 60 * minute;
  assert.equal(order(health), 'a b own');
  assert.equal(order(open()), 'a b own');
  health.report('https://a', failed);
  assert.equal(order(health), 'b own a');
  health.flush();
  assert.equal(order(open()), 'b own a');
  clock.now += minute;
  assert.equal(order(open()), 'a b own');
});

test('what one process learns another knows, and both keep what each has learned', (t) => {
  const { open, path } = lab(t);
  const [one, other] = [open(), open()];
  order(one);
  order(other);
  one.report('https://a', failed);
  other.report('https://b', wrong);
  one.flush();
  other.flush();
  assert.equal(order(open()), 'own a b');
  assert.equal(statSync(path).mode & 0o777, 0o600);
});

test('an answer of a sound server writes nothing, nor does a speed that is about the same', (t) => {
  const { open, path } = lab(t);
  const health = open();
  health.report('https://a', answered());
  health.flush();
  assert.throws(() => statSync(path), { code: 'ENOENT' });
  const listeners = process.listenerCount('exit');
  health.report('https://a', answered(1e6));
  assert.equal(process.listenerCount('exit'), listeners + 1);
  health.flush();
  health.report('https://a', answered(1.1e6));
  assert.equal(process.listenerCount('exit'), listeners);
});

test('reporting costs microseconds', (t) => {
  const { open } = lab(t);
  const health = open();
  const start = process.hrtime.bigint();
  for (let time = 0; time < 10_000; time++) {
    health.order(servers);
    health.report('https://a', answered(1e6 + time));
  }
  const microseconds = Number(process.hrtime.bigint() - start) / 1000 / 10_000;
  health.flush();
  assert.ok(microseconds < 100, `${microseconds} µs`);
});

for (const [what, content] of [
  ['nothing', ''],
  ['half of it', '{"servers": {"https://a": {"at": 1'],
  ['other types', '{"servers": {"https://a": {"at": "x", "until": 1e99}, "https://b": null}}'],
  ['a list', '[]'],
  ['binary', '\u0000\u0001\u0002'],
  ['a name of trouble', '{"servers": {"__proto__": {"at": 1}}}'],
] as const) {
  test(`a damaged file is an empty one and is replaced: ${what}`, (t) => {
    const { open, path } = lab(t);
    writeFileSync(path, content);
    const health = open();
    assert.equal(order(health), 'a b own');
    health.report('https://a', failed);
    health.flush();
    assert.equal(order(open()), 'b own a');
  });
}

test('the file stays small however many servers there were', (t) => {
  const { open, path, clock } = lab(t);
  const health = open();
  for (let server = 0; server < 500; server++) {
    clock.now += 1;
    health.report(`https://server-${server}`, { kind: 'failed', reason: 'x'.repeat(10_000) });
  }
  health.flush();
  assert.ok(statSync(path).size < 40_000);
  assert.ok(readFileSync(path, 'utf8').includes('server-499'));
  clock.now += 8 * 24 * 60 * minute;
  health.report('https://a', failed);
  health.flush();
  assert.deepEqual(Object.keys(JSON.parse(readFileSync(path, 'utf8')).servers), ['https://a']);
});

test('where nothing can be written, servers are ordered all the same and nothing is left behind', (t) => {
  const { path, clock } = lab(t);
  const health = createServerHealth({ path: join(path, 'nowhere/state.json'), now: () => clock.now });
  health.report('https://a', failed);
  health.flush();
  assert.equal(order(health), 'b own a');
  assert.deepEqual(readdirSync(join(path, '..')), []);
});
