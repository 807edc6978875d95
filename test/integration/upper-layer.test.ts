import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import { join } from 'node:path';
import test, { type TestContext } from 'node:test';
import { displayByteString } from '../../src/base/byte-string.ts';
import { collectBytes } from '../../src/base/streams.ts';
import { createErofsDriver } from '../../src/layers/drivers/erofs-driver.ts';
import { createOverlayDriver } from '../../src/layers/drivers/overlay-driver.ts';
import { exportTree, listChanges, writeUpperLayer } from '../../src/layers/upper-layer.ts';
import type { Digest } from '../../src/oci/digest.ts';
import type { TarEntry } from '../../src/tar/entry.ts';
import { TarScanner } from '../../src/tar/scanner.ts';
import { makeStore, streamOf, tarOf, type Member, type TestStore } from '../support/layer-store.ts';
import { findPeers } from '../support/peers.ts';

const reason =
  process.platform !== 'linux'
    ? 'overlayfs needs Linux'
    : process.geteuid?.() !== 0
      ? 'mounting needs root'
      : fs.readFileSync('/proc/filesystems', 'utf8').includes('erofs')
        ? undefined
        : 'this kernel has no EROFS';
const busybox = ['/bin/busybox', '/usr/bin/busybox'].find((path) => fs.existsSync(path));

/** What a container is started from in these tests. */
const base: readonly Member[] = [
  { path: 'etc/', mode: 0o755 },
  {
    path: 'etc/passwd',
    content: 'root:x:0:0::/root:/bin/sh\n',
    mtime: { seconds: 1_600_000_000, nanoseconds: 0 },
  },
  { path: 'etc/group', content: 'root:x:0:\n', mtime: { seconds: 1_600_000_000, nanoseconds: 0 } },
  { path: 'etc/same', content: 'same', mtime: { seconds: 1_600_000_000, nanoseconds: 0 } },
  { path: 'var/lib/data/a', content: 'a' },
  { path: 'var/lib/data/b', content: 'b' },
  { path: 'var/lib/data/sub/c', content: 'c' },
  { path: 'var/log/', mode: 0o755 },
  { path: 'opt/tool/run', content: 'run', mode: 0o755 },
  { path: 'opt/tool/lib/x', content: 'x' },
  { path: 'srv/link', linkPath: '/etc' },
  { path: 'was-file', content: 'f' },
  { path: 'was-dir/inner', content: 'f' },
  { path: 'tmp/', mode: 0o1777 },
];

/** Changes of every kind, made by a shell inside. */
const script = `
echo more >> /etc/passwd
rm /etc/group
chmod 600 /etc/same && chmod 644 /etc/same
rm -r /var/lib/data && mkdir /var/lib/data && echo new > /var/lib/data/b && mkdir /var/lib/data/sub
mkdir -p /new/deep && echo 1 > /new/deep/file && ln /new/deep/file /new/deep/hard && ln -s file /new/deep/soft
rm /was-file && mkdir /was-file && echo 1 > /was-file/in
rm -r /was-dir && echo 1 > /was-dir
chmod 700 /opt/tool
touch /tmp/gone && rm /tmp/gone
rm /srv/link && mkdir /srv/link
mkfifo /tmp/pipe
touch -d '2001-02-03 04:05:06' /new/deep/file
`;

interface Container extends TestStore {
  readonly layer: Digest;
  readonly upper: string;
  readonly target: string;
  shell(script: string): void;
}

async function startContainer(
  t: TestContext,
  driverName: 'erofs' | 'overlay' = 'erofs',
): Promise<Container | undefined> {
  if (reason !== undefined || busybox === undefined) {
    t.skip(reason ?? 'busybox is not installed');
    return undefined;
  }
  const store = makeStore(t);
  const layer = await store.add(...base, {
    path: 'bin/busybox',
    content: fs.readFileSync(busybox),
    mode: 0o755,
  });
  const driver = driverName === 'erofs' ? createErofsDriver(store) : createOverlayDriver(store);
  const [upper, work, target] = ['upper', 'work', 'merged'].map((name) => join(store.root, name)) as [
    string,
    string,
    string,
  ];
  for (const path of [upper, work, target]) fs.mkdirSync(path);
  await driver.mount({ diffIds: [layer], upper, work, target });
  return {
    ...store,
    layer,
    upper,
    target,
    shell(script) {
      const result = spawnSync('chroot', [target, '/bin/busybox', 'sh', '-ec', busyboxed(script)], {
        encoding: 'utf8',
      });
      assert.equal(result.status, 0, result.stderr);
    },
  };
}

/** The root has no links for busybox's commands: functions stand for them. */
function busyboxed(script: string): string {
  const commands = ['rm', 'chmod', 'mkdir', 'ln', 'touch', 'mkfifo', 'cat', 'mv', 'cp', 'dd', 'truncate'];
  return `${commands.map((name) => `${name}() { /bin/busybox ${name} "$@"; }`).join('\n')}\n${script}`;
}

function changesOf({ layers, layer, upper }: Container): string[] {
  using view = layers.openView([layer]);
  return [...listChanges(upper, view)].map(({ kind, path }) => `${kind} ${displayByteString(path)}`);
}

async function layerBytes({ layers, layer, upper }: Container): Promise<Buffer> {
  using view = layers.openView([layer]);
  return await collectBytes(writeUpperLayer(upper, view), 1 << 30);
}

function entriesOf(tar: Uint8Array): TarEntry[] {
  const entries: TarEntry[] = [];
  const scanner = new TarScanner({ entry: (entry) => entries.push(entry) });
  scanner.write(tar);
  scanner.end();
  return entries;
}

const expectedChanges = [
  'C /etc',
  'D /etc/group',
  'C /etc/passwd',
  'A /new',
  'A /new/deep',
  'A /new/deep/file',
  'A /new/deep/hard',
  'A /new/deep/soft',
  'C /opt',
  'C /opt/tool',
  'C /srv',
  'C /srv/link',
  'C /tmp',
  'A /tmp/pipe',
  'C /var',
  'C /var/lib',
  'C /var/lib/data',
  'D /var/lib/data/a',
  'C /var/lib/data/b',
  'C /var/lib/data/sub',
  'D /var/lib/data/sub/c',
  'C /was-dir',
  'C /was-file',
  'A /was-file/in',
];

for (const driver of ['erofs', 'overlay'] as const) {
  test(`listChanges() names what a container changed, on the ${driver} driver`, async (t) => {
    const container = await startContainer(t, driver);
    if (container === undefined) return;
    assert.deepEqual(changesOf(container), []);
    container.shell(script);
    assert.deepEqual(changesOf(container), expectedChanges);
  });
}

test('listChanges() names the same changes as docker diff', async (t) => {
  const docker = findPeers()?.docker;
  if (docker === undefined) return t.skip('the real Docker is not here');
  const container = await startContainer(t);
  if (container === undefined) return;
  container.shell(script);
  const archive = join(container.root, 'base.tar');
  fs.writeFileSync(
    archive,
    tarOf([...base, { path: 'bin/busybox', content: fs.readFileSync(busybox ?? ''), mode: 0o755 }]),
  );
  const name = `lamella-diff-${process.pid}`;
  docker('import', archive, name);
  t.after(() => docker('rmi', '-f', name));
  docker('run', '--name', name, '--network', 'none', name, '/bin/busybox', 'sh', '-ec', busyboxed(script));
  t.after(() => docker('rm', '-f', name));
  const lines = docker('diff', name).trim().split('\n').sort();
  assert.deepEqual(changesOf(container).sort(), lines);
});

test('a committed layer on top of its base is the container again', async (t) => {
  const container = await startContainer(t);
  if (container === undefined) return;
  container.shell(script);
  const bytes = await layerBytes(container);
  await using staged = await container.layers.stage(streamOf(bytes));
  const committed = container.layers.publish(staged).diffId;
  const target = join(container.root, 'again');
  fs.mkdirSync(target);
  await createErofsDriver(container).mount({ diffIds: [container.layer, committed], target });
  assert.deepEqual(await listing(target), await listing(container.target));
});

/** Every file with what a container can tell of it; times in whole seconds, as layers keep them. */
async function listing(root: string): Promise<string[]> {
  const found = entriesOf(await collectBytes(exportTree(root), 1 << 30));
  return found.map(({ dataOffset: _offset, xattrs, ...entry }) =>
    JSON.stringify([entry, [...xattrs.keys()]]),
  );
}

test('a committed layer holds only what changed, in order, with whiteouts and the directories on the way', async (t) => {
  const container = await startContainer(t);
  if (container === undefined) return;
  container.shell(script);
  const entries = entriesOf(await layerBytes(container));
  const names = entries.map(({ path, type }) => (type === 'hardlink' ? `${path} =` : path));
  assert.deepEqual(names, [
    'etc/',
    'etc/.wh.group',
    'etc/passwd',
    'new/',
    'new/deep/',
    'new/deep/file',
    'new/deep/hard =',
    'new/deep/soft',
    'opt/',
    'opt/tool/',
    'srv/',
    'srv/link/',
    'tmp/',
    'tmp/pipe',
    'var/',
    'var/lib/',
    'var/lib/data/',
    'var/lib/data/.wh.a',
    'var/lib/data/b',
    'var/lib/data/sub/',
    'var/lib/data/sub/.wh.c',
    'was-dir',
    'was-file/',
    'was-file/in',
  ]);
});

test('the same change gives the same layer bytes, also in another container', async (t) => {
  const layers: Buffer[] = [];
  for (const _ of [1, 2]) {
    const container = await startContainer(t);
    if (container === undefined) return;
    container.shell(
      'mkdir /d; echo x > /d/f; ln /d/f /d/g; rm /etc/group; touch -d "2020-01-01 00:00:00" /d/f /d /etc /',
    );
    layers.push(await layerBytes(container), await layerBytes(container));
  }
  assert.ok(layers.every((bytes) => bytes.equals(layers[0] ?? Buffer.alloc(0))));
});

const whileRead: Readonly<Record<string, (path: string) => void>> = {
  grows: (path) => fs.appendFileSync(path, Buffer.alloc(1 << 20, 2)),
  shrinks: (path) => fs.truncateSync(path, 1 << 20),
  goes: (path) => fs.rmSync(path),
};

for (const [what, change] of Object.entries(whileRead)) {
  test(`a file that ${what} while it is read has the size in the archive that was announced`, async (t) => {
    const container = await startContainer(t);
    if (container === undefined) return;
    const path = join(container.target, 'file');
    fs.writeFileSync(path, Buffer.alloc(5 << 20, 1));
    fs.writeFileSync(join(container.target, 'next'), 'next');
    using view = container.layers.openView([container.layer]);
    const pieces: Uint8Array[] = [];
    for await (const piece of writeUpperLayer(container.upper, view)) {
      // The first piece ends with the file's header.
      if (pieces.length === 0) change(path);
      pieces.push(piece);
    }
    assert.deepEqual(
      entriesOf(Buffer.concat(pieces)).map(({ path, size }) => [path, size]),
      [
        ['file', 5 << 20],
        ['next', 4],
      ],
    );
  });
}

test('a sparse file of 8 GiB is read without its holes, in flat memory', async (t) => {
  const container = await startContainer(t);
  if (container === undefined) return;
  container.shell('truncate -s 8G /sparse; echo end >> /sparse');
  using view = container.layers.openView([container.layer]);
  let size = 0;
  const before = process.memoryUsage().rss;
  let peak = before;
  const begin = performance.now();
  for await (const piece of writeUpperLayer(container.upper, view)) {
    size += piece.byteLength;
    peak = Math.max(peak, process.memoryUsage.rss());
  }
  assert.ok(size > 8 * 2 ** 30);
  assert.ok(peak - before < 100 << 20, `memory grew by ${peak - before} bytes`);
  t.diagnostic(`${Math.round(performance.now() - begin)} ms`);
});

test('exportTree() gives the whole root, which GNU tar lists without complaint', async (t) => {
  const container = await startContainer(t);
  if (container === undefined) return;
  container.shell(script);
  const bytes = await collectBytes(exportTree(container.target), 1 << 30);
  const result = spawnSync('tar', ['-t'], { input: bytes, encoding: 'utf8' });
  if (result.error !== undefined) return t.skip('GNU tar is not installed');
  assert.equal(result.stderr, '');
  const names = result.stdout.trim().split('\n');
  assert.ok(
    names.includes('var/lib/data/b') && names.includes('bin/busybox') && !names.includes('etc/group'),
  );
});
