import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { chmodSync, chownSync, ftruncateSync, linkSync, mkdirSync, openSync, closeSync } from 'node:fs';
import { statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'node:test';
import { toByteString } from '../../src/base/byte-string.ts';
import { setXattr } from '../../src/linux/xattr.ts';
import { createTestStore, runCommand, whyNoContainers, type TestStore } from '../support/command.ts';
import { recordDirectory } from '../support/directory-record.ts';
import { temporaryFolder } from '../support/tiny-image.ts';
import { makeTinyRoot } from '../support/transcript.ts';

for (const driver of ['erofs', 'overlay']) {
  test(`${driver}: a volume takes the image’s content, and a container has another image’s, also when it is removed`, async (t) => {
    const reason = whyNoContainers();
    if (reason !== undefined) return t.skip(reason);
    const store = createTestStore(t, { LAMELLA_STORAGE_DRIVER: driver });
    const info = await store.run(['info', '--format', '{{.Driver}}']);
    if (info.code !== 0 || !info.stdout.startsWith(driver)) {
      return t.skip(`the ${driver} driver does not work here: ${info.stderr}${info.stdout}`);
    }
    const root = join(temporaryFolder(t), 'root');
    await importImage(store, root);

    await store.ok([
      'run',
      '--name',
      'box',
      '--network',
      'none',
      '-v',
      'data:/srv',
      'tiny:1',
      'touch',
      '/new',
    ]);
    const data = await store.ok(['volume', 'inspect', '-f', '{{.Mountpoint}}', 'data']);
    assert.deepEqual(recordDirectory(data), recordDirectory(join(root, 'srv')));
    assert.ok(statSync(join(data, 'sparse')).blocks < 1000, 'holes stay holes');

    const show = ['sh', '-c', 'cat /i/srv/file; touch /i/x 2>/dev/null || echo refused'];
    const mount = ['--mount', 'type=image,src=tiny:1,dst=/i', '--name', 'viewer'];
    assert.equal(
      await store.ok(['run', '--network', 'none', ...mount, 'tiny:1', ...show]),
      'content\nrefused',
    );
    await store.ok(['rmi', '-f', 'tiny:1']);
    await store.ok(['start', 'viewer']);
    await store.ok(['rm', '-vf', 'viewer']);
  });
}

test('neither diff, export nor commit has a volume’s content; it outlives its container', async (t) => {
  const reason = whyNoContainers();
  if (reason !== undefined) return t.skip(reason);
  const store = createTestStore(t);
  const folder = temporaryFolder(t);
  await importImage(store, join(folder, 'root'));
  await store.ok(['run', '--name', 'box', '--network', 'none', '-v', 'data:/srv', 'tiny:1', 'touch', '/new']);
  assert.equal(await store.ok(['diff', 'box']), 'A /new');
  await store.ok(['run', '--rm', '--network', 'none', '-v', 'data:/srv', 'tiny:1', 'touch', '/srv/later']);
  await store.ok(['export', '-o', join(folder, 'export.tar'), 'box']);
  const listed = await runCommand('tar', ['-tf', join(folder, 'export.tar'), './srv', 'srv']);
  assert.doesNotMatch(listed.stdout, /later/);
  await store.ok(['commit', 'box', 'made:1']);
  const inside = ['run', '--rm', '--network', 'none', '-v', '/srv', 'made:1', 'ls', '/srv'];
  assert.equal(await store.ok(inside), 'file\nlink\nsparse\nsub');

  assert.equal(
    await store.ok(['ps', '-a', '-f', 'volume=data', '--format', '{{.Names}} {{.Mounts}}']),
    'box data',
  );
  const used = await store.run(['volume', 'rm', 'data']);
  assert.match(used.stderr, /remove data: volume is in use - \[[0-9a-f]{64}\]/);
  await store.ok(['rm', '-v', 'box']);
  assert.equal(await store.ok(['volume', 'ls', '-q']), 'data');
});

async function importImage(store: TestStore, root: string): Promise<void> {
  mkdirSync(root);
  makeTinyRoot(root);
  makeContent(join(root, 'srv'));
  const archive = `${root}.tar`;
  const tar = ['--xattrs', '--sparse', '--format=posix', '-cf', archive, '-C', root, '.'];
  assert.equal(spawnSync('tar', tar, { stdio: 'inherit' }).status, 0);
  await store.ok(['import', '-c', 'VOLUME /srv', archive, 'tiny:1']);
}

function makeContent(folder: string): void {
  mkdirSync(join(folder, 'sub'), { recursive: true });
  writeFileSync(join(folder, 'file'), 'content\n');
  linkSync(join(folder, 'file'), join(folder, 'sub/again'));
  symlinkSync('../file', join(folder, 'link'));
  setXattr(join(folder, 'file'), toByteString('user.note'), Buffer.from('kept'));
  const sparse = openSync(join(folder, 'sparse'), 'w');
  ftruncateSync(sparse, 20_000_000);
  closeSync(sparse);
  chownSync(join(folder, 'sub'), 5, 6);
  chmodSync(join(folder, 'sub'), 0o2770);
  chownSync(folder, 33, 44);
}
