import assert from 'node:assert/strict';
import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'node:test';
import { createTestStore, lamellaCommand, runCommand, whyNoContainers } from '../support/command.ts';
import { keys, openTerminal } from '../support/terminal.ts';
import { importTiny, makeTinyArchive, temporaryFolder } from '../support/tiny-image.ts';

test('a shell has a real terminal: its size, resizing, leaving it, coming back, typing on, its exit code', async (t) => {
  const reason = whyNoContainers();
  if (reason !== undefined) return t.skip(reason);
  const store = createTestStore(t);
  await importTiny(t, store);
  const run = [lamellaCommand, 'run', '-it', '--name', 'box', '--network', 'none', 'tiny:1'];
  const first = openTerminal(t, run, { env: store.env, rows: 30, columns: 90 });
  await first.see('# ');
  first.type(`busybox stty size${keys.enter}`);
  await first.see(/\n30 90\r/);
  first.resize(20, 70);
  await first.see('# ');
  // The size travels through conmon, which tells nobody when it has arrived.
  first.type(`until busybox stty size | busybox grep -x "20 70"; do :; done${keys.enter}`);
  await first.see(/\n20 70\r/);
  first.type(keys.ctrlP);
  first.type(keys.ctrlQ);
  assert.equal(await first.ended, 0);
  assert.match(await store.ok(['ps', '--format', '{{.Names}} {{.Status}}']), /^box Up /);

  const second = openTerminal(t, [lamellaCommand, 'attach', 'box'], { env: store.env });
  await second.see('# ');
  second.type(`echo $((40 + 2))${keys.enter}`);
  await second.see(/\n42\r/);
  second.type(`exit 7${keys.enter}`);
  assert.equal(await second.ended, 7);
});

test('exec -it gives a terminal beside the container’s process, and its exit code', async (t) => {
  const reason = whyNoContainers();
  if (reason !== undefined) return t.skip(reason);
  const store = createTestStore(t);
  await importTiny(t, store);
  await store.ok(['run', '-d', '--name', 'box', '--network', 'none', 'tiny:1', 'sleep', '1000']);
  const terminal = openTerminal(t, [lamellaCommand, 'exec', '-it', 'box', 'sh'], { env: store.env });
  await terminal.see('# ');
  terminal.type(`echo $((40 + 2)); sleep 1000${keys.enter}`);
  await terminal.see(/\n42\r/);
  terminal.type(keys.ctrlC);
  await terminal.see('# ');
  terminal.type(`echo $?; exit 3${keys.enter}`);
  await terminal.see(/\n130\r/);
  assert.equal(await terminal.ended, 3);
});

test('a load on a terminal shows how far it is, and its result below', async (t) => {
  const folder = temporaryFolder(t);
  const source = createTestStore(t);
  await source.ok(['import', await makeTinyArchive(folder), 'tiny:1']);
  const archive = join(folder, 'image.tar');
  await source.ok(['save', '-o', archive, 'tiny:1']);
  const { env } = createTestStore(t);
  const terminal = openTerminal(t, [lamellaCommand, 'load', '-i', archive], { env });
  assert.equal(await terminal.ended, 0);
  assert.match(terminal.screen(), /Loading layer .*\n\x1b\[JLoaded image: tiny:1\r\n$/s);
});

test('Ctrl-C in the middle of a load ends it with one line and 130, and nothing is left', async (t) => {
  const folder = temporaryFolder(t);
  const source = createTestStore(t);
  const filler = join(folder, 'filler.tar');
  // 128 MiB of one file: zeros cost little to write, and long enough to load.
  writeFileSync(join(folder, 'zeros'), Buffer.alloc(128 << 20));
  await source.ok(['import', await tarOf(folder, filler), 'filler:1']);
  const archive = join(folder, 'image.tar');
  await source.ok(['save', '-o', archive, 'filler:1']);
  const store = createTestStore(t);
  const terminal = openTerminal(t, [lamellaCommand, 'load', '-i', archive], { env: store.env });
  await terminal.see('Loading layer');
  terminal.type(keys.ctrlC);
  assert.equal(await terminal.ended, 130);
  assert.match(terminal.screen(), /\n(?:\x1b\[J)?context canceled\r\n$/);
  assert.equal(await store.ok(['images', '-aq']), '');
  assert.deepEqual([...filesIn(join(store.root, 'layers')), ...filesIn(join(store.root, 'ingest'))], []);
});

test('an archive is not written to a terminal', async (t) => {
  const store = createTestStore(t);
  await store.ok(['import', await makeTinyArchive(temporaryFolder(t)), 'tiny:1']);
  const terminal = openTerminal(t, [lamellaCommand, 'save', 'tiny:1'], { env: store.env });
  assert.equal(await terminal.ended, 1);
  assert.equal(terminal.screen(), 'cowardly refusing to save to a terminal. Use the -o flag or redirect\r\n');
});

test('what an image says of itself never moves a terminal’s cursor', async (t) => {
  const store = createTestStore(t);
  const message = 'red\x1b[31m\nforged \u202eline';
  const archive = await makeTinyArchive(temporaryFolder(t));
  await store.ok(['import', '-m', message, '-c', 'LABEL a="\x1b]0;title\x07"', archive, 'tiny:1']);
  for (const args of [
    ['history', 'tiny:1'],
    ['history', '--no-trunc', '--format', '{{.Comment}}', 'tiny:1'],
    ['inspect', 'tiny:1'],
    ['inspect', '-f', '{{.Comment}} {{.Config.Labels}}', 'tiny:1'],
    ['rmi', message],
  ]) {
    const terminal = openTerminal(t, [lamellaCommand, ...args], {
      env: { ...store.env, NO_COLOR: '1' },
    });
    await terminal.ended;
    assert.doesNotMatch(terminal.screen(), /[\x00-\x09\x0b\x0c\x0e-\x1f\u202e]/, args.join(' '));
  }
});

async function tarOf(folder: string, archive: string): Promise<string> {
  const { code, stderr } = await runCommand('tar', ['-cf', archive, '-C', folder, 'zeros']);
  assert.equal(code, 0, stderr);
  return archive;
}

function filesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}
