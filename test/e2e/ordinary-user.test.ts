import assert from 'node:assert/strict';
import { chmodSync, chownSync } from 'node:fs';
import { join } from 'node:path';
import test, { type TestContext } from 'node:test';
import { createTestStore, lamellaCommand, runCommand, type CommandResult } from '../support/command.ts';
import { makeTinyArchive, temporaryFolder } from '../support/tiny-image.ts';

const nobody = 65534;
/** Somebody who never has a namespace: one that nobody has, from whatever run, would be joined from anywhere. */
const somebody = 65533;

/** Runs commands as somebody who is not root, with a home of their own. */
async function ordinaryUser(
  t: TestContext,
  uid: number = nobody,
): Promise<{ home: string; run: (line: string) => Promise<CommandResult> } | undefined> {
  if (process.getuid?.() !== 0) {
    t.skip('only root can become another user');
    return undefined;
  }
  const home = temporaryFolder(t);
  chmodSync(home, 0o755);
  chownSync(home, uid, uid);
  const run = (line: string): Promise<CommandResult> => {
    const become = ['--reuid', String(uid), '--regid', String(uid), '--clear-groups', '--', 'sh', '-c'];
    return runCommand('setpriv', [...become, line.replaceAll('lamella ', `${lamellaCommand} `)], {
      cwd: home,
      env: { PATH: process.env['PATH'], HOME: home, LANG: 'C.UTF-8' },
    });
  };
  if ((await run('lamella version')).code === 126) {
    t.skip('other users cannot reach this checkout');
    return undefined;
  }
  return { home, run };
}

test('an ordinary user can do everything with images, without any namespace', async (t) => {
  const user = await ordinaryUser(t);
  if (user === undefined) return;
  const { home, run } = user;
  const archive = await makeTinyArchive(home);
  for (const line of [
    `lamella import ${archive} tiny:1`,
    'lamella tag tiny:1 other:1',
    'lamella save -o image.tar other:1',
    'lamella rmi -f tiny:1 other:1',
    'lamella image prune -f',
    'lamella load -i image.tar',
    'lamella history other:1',
    'lamella inspect other:1',
  ]) {
    const { code, stderr } = await run(line);
    assert.equal(`${code} ${stderr}`, '0 ', line);
  }
  assert.equal((await run('lamella images --format "{{.Repository}}:{{.Tag}}"')).stdout, 'other:1\n');
});

test('whoever may make no user namespace is told so, and can do all the rest', async (t) => {
  const user = await ordinaryUser(t, somebody);
  if (user === undefined) return;
  const { home } = user;
  // The kernel gives none to whoever is in a chroot.
  const place = temporaryFolder(t);
  const inOneWithout = (line: string): Promise<CommandResult> =>
    runCommand(
      'unshare',
      [
        '--mount',
        'sh',
        '-c',
        'mount --rbind / "$1" && exec chroot "$1" sh -c "$2"',
        'sh',
        place,
        `cd ${home} && exec setpriv --reuid ${somebody} --regid ${somebody} --clear-groups -- ${line.replaceAll('lamella ', `${lamellaCommand} `)}`,
      ],
      { env: { PATH: process.env['PATH'], HOME: home, LANG: 'C.UTF-8' } },
    );
  const archive = await makeTinyArchive(home);
  for (const line of [`import ${archive} tiny:1`, 'ps -a', 'system df', 'system check']) {
    const { code, stderr } = await inOneWithout(`lamella ${line}`);
    assert.equal(`${code} ${stderr}`, '0 ', line);
  }
  const refused = await inOneWithout('lamella run tiny:1 true');
  assert.equal(refused.code, 125);
  assert.match(
    refused.stderr,
    /^lamella: Error response from daemon: this machine lets ordinary users make no user namespaces: .*\nHint: .*\n/,
  );
  assert.match((await inOneWithout('lamella info')).stderr, /^WARNING: Containers cannot run: /);
  assert.equal((await inOneWithout('lamella ps -aq')).stdout, '');
});

test('a store of somebody else is refused in one line, with what to do', async (t) => {
  const user = await ordinaryUser(t);
  if (user === undefined) return;
  const store = createTestStore(t);
  await store.ok(['images']);
  const { code, stderr } = await user.run(`lamella --root ${store.root} images`);
  assert.equal(code, 1);
  assert.equal(
    stderr,
    `Error response from daemon: permission denied: ${join(store.root, 'lamella.db')}\n` +
      'Hint: Run it as the user who owns the store, or choose another one with --root.\n',
  );
});
