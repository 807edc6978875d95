import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import test, { type TestContext } from 'node:test';
import { createTestStore, lamellaCommand, runCommand, type TestStore } from '../support/command.ts';
import { startDockerRegistry } from '../support/docker-registry.ts';
import { startFakeRegistry } from '../support/fake-registry.ts';
import { archiveOf, rawMember } from '../support/tar-archive.ts';
import { keys, openTerminal } from '../support/terminal.ts';
import { importTiny } from '../support/tiny-image.ts';

const digest = /sha256:[0-9a-f]{64}/g;

/** IDs, digests and sizes differ from run to run. */
function plain(text: string): string[] {
  return text
    .replace(digest, '<digest>')
    .replace(/^[0-9a-f]{12}:/gm, '<layer>:')
    .replace(/(?<=size: )\d+/g, '<size>')
    .split('\n');
}

async function carry(t: TestContext, domain: string, driver: string): Promise<void> {
  const env = { LAMELLA_STORAGE_DRIVER: driver };
  const here: TestStore = createTestStore(t, env);
  const there: TestStore = createTestStore(t, env);
  const name = `${domain}/team/tiny:1`;
  await importTiny(t, here);
  await here.ok(['tag', 'tiny:1', name]);
  assert.deepEqual(plain(await here.ok(['push', name])), [
    `The push refers to repository [${domain}/team/tiny]`,
    '<layer>: Preparing',
    '<layer>: Pushed',
    '1: digest: <digest> size: <size>',
  ]);
  assert.deepEqual(plain(await there.ok(['pull', name])), [
    '1: Pulling from team/tiny',
    '<layer>: Pulling fs layer',
    '<layer>: Verifying Checksum',
    '<layer>: Download complete',
    '<layer>: Pull complete',
    'Digest: <digest>',
    `Status: Downloaded newer image for ${name}`,
    name,
  ]);
  assert.equal(
    await there.ok(['image', 'inspect', '-f', '{{.Id}}', name]),
    await here.ok(['image', 'inspect', '-f', '{{.Id}}', name]),
  );
  assert.deepEqual(plain(await there.ok(['pull', name])).slice(-2), [
    `Status: Image is up to date for ${name}`,
    name,
  ]);
  await there.ok(['tag', name, `${domain}/team/copy:2`]);
  const pushed = await there.ok(['push', `${domain}/team/copy:2`]);
  assert.match(pushed, /: Mounted from team\/tiny$/m);
  assert.deepEqual(pushed.match(digest), (await there.ok(['pull', name])).match(digest), 'byte for byte');
  assert.match(await there.ok(['search', `${domain}/copy`]), /^NAME .*\n\S*team\/copy /);
  assert.equal(await there.ok(['tags', '-q', `${domain}/team/copy`]), '2');
}

for (const driver of ['erofs', 'overlay']) {
  test(`an image goes to a registry and comes back from it (${driver} driver)`, async (t) => {
    if (process.getuid?.() !== 0 && driver === 'overlay') return t.skip('the overlay driver needs root');
    await using registry = await startFakeRegistry();
    await carry(t, registry.domain, driver);
  });
}

test('an image goes to a docker-registry and comes back from it', async (t) => {
  const registry = await startDockerRegistry();
  if (typeof registry === 'string') return t.skip(registry);
  await using _ = registry;
  await carry(t, registry.domain, 'erofs');
});

test('a command that asks no registry loads nothing of what asks them', async (t) => {
  const store = createTestStore(t);
  const source = join(import.meta.dirname, '../../src');
  const hook = `import { registerHooks } from 'node:module';
    import { writeSync } from 'node:fs';
    registerHooks({ load: (url, context, next) => (writeSync(2, url + '\\n'), next(url, context)) });`;
  const node = [`--import=data:text/javascript,${encodeURIComponent(hook)}`, join(source, 'main.ts')];
  const { code, stderr } = await runCommand(process.execPath, [...node, 'images'], { env: store.env });
  assert.equal(code, 0, stderr);
  assert.ok(stderr.includes('/src/engine/'), 'the hook has seen what was loaded');
  assert.doesNotMatch(stderr, /\/src\/(?:remote|engine\/registry)\b|node:https?\b/);
});

test('Ctrl-C in a pull leaves what has come, says so, and the next pull fetches only the rest', async (t) => {
  await using registry = await startFakeRegistry();
  const layer = archiveOf(rawMember({ name: 'big' }, randomBytes(8 << 20)));
  registry.image('team/big', '1', { layers: [layer], compression: 'none' });
  registry.fault({ method: 'GET', path: /blobs/ }, { bytesPerSecond: 4e6 });
  const store = createTestStore(t);
  const pull = [lamellaCommand, 'pull', `${registry.domain}/team/big:1`];
  const first = openTerminal(t, pull, { env: store.env });
  await first.see('Fetching 8.39');
  await first.see(/Total [2-9](?:\.\d+)?MB\/8\.39/);
  first.type(keys.ctrlC);
  assert.equal(await first.ended, 130);
  assert.match(first.screen(), /context canceled\r\n.*Hint: What was fetched is kept/);
  const second = openTerminal(t, pull, { env: store.env });
  await second.see(/Fetching [1-7](?:\.\d+)?MB/);
  assert.equal(await second.ended, 0);
  assert.match(second.screen(), /: Pull complete\r\n.*Digest: sha256:/);
});

test('no name of a registry reaches the terminal as it is', async (t) => {
  await using registry = await startFakeRegistry();
  registry.image('team/app', 'good', { config: { config: { Labels: { evil: '\u001B[2J' } } } });
  const store = createTestStore(t);
  for (const args of [
    ['pull', `${registry.domain}/team/app:good`],
    ['tags', `${registry.domain}/team/app`],
    ['image', 'inspect', '--remote', `${registry.domain}/team/app:good`],
    ['pull', `${registry.domain}/team/none`],
  ]) {
    const { stdout, stderr } = await store.run(args);
    assert.ok(!(stdout + stderr).includes('\u001B'), args.join(' '));
  }
});
