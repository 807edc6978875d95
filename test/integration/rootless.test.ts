import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import test, { type TestContext } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { findConnector } from '../../src/networks/rootless/connector.ts';
import { makeOrdinaryUser, type OrdinaryUser } from '../support/ordinary-user.ts';
import { makeTinyArchive } from '../support/tiny-image.ts';

async function userWithImage(
  t: TestContext,
  options: { withRange: boolean },
): Promise<OrdinaryUser | undefined> {
  const user = await makeOrdinaryUser(t, options);
  if (user === undefined) return undefined;
  await user.ok(`lamella import ${await makeTinyArchive(user.home)} tiny:1`);
  return user;
}

test('an ordinary user does with containers what root does', { timeout: 120_000 }, async (t) => {
  const user = await userWithImage(t, { withRange: true });
  if (user === undefined) return;
  const { home, uid, ok, run } = user;
  const store = join(home, '.local/share/lamella');

  await t.test('runs, as root and as others, with exit code and both streams', async () => {
    assert.match(await ok('lamella run --rm --network none tiny:1 id'), /^uid=0 gid=0/);
    assert.match(await ok('lamella run --rm --network none -u 33:44 tiny:1 id'), /^uid=33 gid=44/);
    const { code, stdout, stderr } = await run(
      `lamella run --rm --network none -m 64m tiny:1 sh -c 'echo out; echo err >&2; exit 3'`,
    );
    assert.equal(`${code} ${stdout}`, '3 out\n');
    assert.match(stderr, /^WARNING: Your kernel does not support memory limit[^\n]*\nerr\n$/);
  });

  await t.test('execs, pauses, commits, copies, exports, and keeps the owners of files', async () => {
    await ok(
      `lamella run -d --name busy --network none tiny:1 sh -c 'touch /tmp/a; chown 33:44 /tmp/a; rm /bin/true; while :; do sleep 1; done'`,
    );
    await ok('until lamella diff busy | grep -q true; do sleep 0.1; done');
    assert.equal(await ok('lamella diff busy'), 'C /bin\nD /bin/true\nC /tmp\nA /tmp/a\n');
    assert.match(await ok('lamella exec -u 7 busy id'), /^uid=7/);
    await ok('lamella pause busy');
    assert.match(await ok('lamella ps --format "{{.Status}}"'), /\(Paused\)/);
    await ok('lamella unpause busy && lamella commit busy tiny:2');
    assert.match(await ok('lamella export busy | tar tvf - --numeric-owner tmp/a'), / 33\/44 /);
    await ok('lamella cp busy:/tmp/a taken && lamella cp taken busy:/tmp/b');
    assert.equal(statSync(join(home, 'taken')).uid, uid);
    await ok('lamella rm -f busy');
    assert.match(await ok(`lamella run --rm --network none tiny:2 ls -ln /tmp/a`), / 33 +44 /);
    assert.match(await ok('lamella system check'), /Everything is as it should be/);
  });

  await t.test('has volumes, and shares folders of their own', async () => {
    const line = 'lamella run --rm --network none -v data:/data -v "$PWD:/home" tiny:1';
    await ok(`${line} sh -c 'echo kept >/data/file; touch /home/made'`);
    assert.equal(await ok(`${line} cat /data/file`), 'kept\n');
    assert.equal(statSync(join(home, 'made')).uid, uid);
    await ok('lamella volume rm data');
  });

  await t.test('joins namespaces of the machine', async () => {
    assert.match(await ok('lamella run --rm --network host --pid host --ipc host tiny:1 id'), /^uid=0/);
  });

  await t.test('keeps the namespace for all commands, also where its keeper is killed', async () => {
    const keeper = (): number =>
      Number(readFileSync(`/tmp/lamella-${uid}/lamella/pause`, 'utf8').split(' ')[0]);
    await ok('lamella run -d --name kept --network none tiny:1 sleep 100');
    const before = keeper();
    await ok('lamella ps');
    assert.equal(keeper(), before);
    process.kill(before, 'SIGKILL');
    assert.match(await ok('lamella exec kept id'), /^uid=0/);
    assert.notEqual(keeper(), before);
    await ok('lamella rm -f kept');
  });

  await t.test('is told what cannot be', async () => {
    const refused = async (options: string, message: RegExp): Promise<void> => {
      const { code, stderr } = await run(`lamella run --rm ${options} tiny:1 true`);
      assert.equal(code, 125, stderr);
      assert.match(stderr, message);
    };
    if (findConnector() !== undefined)
      await refused('-p 80:80', /cannot expose privileged port 80.*\nHint: /);
    await refused('--network apart', /networks that containers share need root.*\nHint: /);
    const info = await run('lamella info');
    assert.match(info.stdout, /^Storage Driver: overlay$/m);
    assert.match(info.stdout, /^Rootless: true$/m);
    assert.match(info.stderr, /^WARNING: Running in rootless-mode without cgroups/m);
  });

  await t.test('leaves nothing behind, and lets nobody else in', async () => {
    await ok('lamella rmi -f tiny:1 tiny:2');
    assert.equal(await ok('lamella ps -aq; lamella images -q'), '');
    assert.deepEqual(readdirSync(join(store, 'containers')), []);
    assert.equal(statSync(store).mode & 0o777, 0o700);
    assert.equal(statSync(`/tmp/lamella-${uid}/lamella`).mode & 0o777, 0o700);
  });
});

test('published ports of an ordinary user’s container are reached', { timeout: 120_000 }, async (t) => {
  if (findConnector() === undefined) return t.skip('neither pasta nor slirp4netns is installed');
  const user = await userWithImage(t, { withRange: true });
  if (user === undefined) return;
  const { ok, run, uid } = user;
  await ok(
    `lamella run -d --name web -p 127.0.0.1::80 tiny:1 sh -c 'while :; do busybox nc -l -p 80 -e echo hello; done'`,
  );
  const port = Number(
    await ok(`lamella inspect -f '{{(index (index .NetworkSettings.Ports "80/tcp") 0).HostPort}}' web`),
  );
  const other = await run(`lamella run --rm -p 127.0.0.1:${port}:80 tiny:1 true`);
  assert.equal(other.code, 125);
  assert.match(other.stderr, /port is already allocated|address already in use/);
  assert.equal(await answerOf(port), 'hello\n');
  await ok('lamella rm -f web');
  for (const store of readdirSync(`/tmp/lamella-${uid}/lamella`)) {
    const folder = join(`/tmp/lamella-${uid}/lamella`, store, 'netns');
    if (existsSync(folder)) assert.deepEqual(readdirSync(folder), []);
  }
});

test(
  'a user for whom no IDs are set aside runs containers as root alone',
  { timeout: 120_000 },
  async (t) => {
    const user = await userWithImage(t, { withRange: false });
    if (user === undefined) return;
    const { ok, run } = user;
    assert.match(await ok('lamella run --rm --network none tiny:1 id'), /^uid=0 gid=0/);
    const other = await run('lamella run --rm --network none -u 33 tiny:1 id');
    assert.equal(other.code, 125);
    assert.match(other.stderr, /the user namespace has no user 33:0\nHint: /);
    assert.match((await run('lamella info')).stderr, /^WARNING: Only one user ID.*usermod --add-subuids/m);
  },
);

/** The container may need a moment until it listens. */
async function answerOf(port: number): Promise<string> {
  for (let attempt = 0; ; attempt += 1) {
    try {
      let text = '';
      for await (const piece of connect(port, '127.0.0.1')) text += String(piece);
      if (text !== '' || attempt > 200) return text;
    } catch (error) {
      if (attempt > 200) throw error;
    }
    await delay(50);
  }
}
