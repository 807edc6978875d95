import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'node:test';
import { createTestStore, whyNoContainers } from '../support/command.ts';
import { importTiny, temporaryFolder } from '../support/tiny-image.ts';

test('system prune removes exactly what its dry run has told, and system df agrees', async (t) => {
  const reason = whyNoContainers();
  if (reason !== undefined) return t.skip(reason);
  const store = createTestStore(t);
  await importTiny(t, store);
  await store.ok(['tag', 'tiny:1', 'kept:1']);
  const file = join(temporaryFolder(t), 'file');
  writeFileSync(file, Buffer.alloc(300_000, 1));
  // The anonymous volume and the image are in use by a container alone that goes first.
  await store.ok(['create', '--network', 'none', '-v', '/data', '--name', 'old', 'tiny:1', 'true']);
  await store.ok(['cp', file, 'old:/data/file']);
  await store.ok(['cp', file, 'old:/root/file']);
  await store.ok(['volume', 'create', 'named']);
  await store.ok(['network', 'create', 'unused']);

  const usage = await store.ok(['system', 'df', '-v', '--format', '{{json .Volumes}}']);
  assert.match(usage, /"Links":"1",.*"Size":"30\d\.?\d*kB"/);
  const flags = ['-a', '--volumes'];
  const dry = await store.ok(['system', 'prune', ...flags, '--dry-run']);
  assert.equal(await store.ok(['system', 'prune', ...flags, '--dry-run']), dry, 'a dry run changes nothing');
  const real = await store.ok(['system', 'prune', ...flags, '-f']);
  const plain = (text: string): string =>
    text
      .replaceAll(/^Would delete (\w)/gm, (_, letter: string) => `Deleted ${letter.toUpperCase()}`)
      .replace('Would reclaim', 'Total reclaimed space');
  assert.equal(plain(dry), real);
  assert.match(real, /^Deleted Containers:\n[0-9a-f]{64}\n\nDeleted Networks:\nunused\n\nDeleted Volumes:\n/);
  assert.match(real, /untagged: tiny:1\n/);
  assert.equal(await store.ok(['images', '-q']), '');
  assert.equal(await store.ok(['volume', 'ls', '-q']), 'named');
});
