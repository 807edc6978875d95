import assert from 'node:assert/strict';
import fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type TestContext } from 'node:test';
import { toByteString } from '../../src/base/byte-string.ts';
import { LamellaError } from '../../src/base/errors.ts';
import { collectBytes } from '../../src/base/streams.ts';
import type { LayerDriver } from '../../src/layers/drivers/driver.ts';
import { createErofsDriver } from '../../src/layers/drivers/erofs-driver.ts';
import { createOverlayDriver } from '../../src/layers/drivers/overlay-driver.ts';
import { unpackTree } from '../../src/layers/drivers/unpack-tree.ts';
import { exportTree } from '../../src/layers/upper-layer.ts';
import { digestOf, type Digest } from '../../src/oci/digest.ts';
import { getXattr } from '../../src/linux/xattr.ts';
import { makeStore, type Member, type TestStore } from '../support/layer-store.ts';

/** Numbers are those of the list of attacks in docs/attacks.md. What a layer says must stay inside of its root. */
const drivers = ['erofs', 'overlay'] as const;

interface Victim extends TestStore {
  /** A host directory outside of the store, `victim` with a file in it, which no layer may change. */
  readonly outside: string;
  show(...layers: readonly (readonly Member[])[]): Promise<string>;
}

function prepare(t: TestContext, name: (typeof drivers)[number]): Victim | undefined {
  const kinds = process.platform === 'linux' ? fs.readFileSync('/proc/filesystems', 'utf8') : '';
  if (
    process.geteuid?.() !== 0 ||
    !kinds.includes('overlay') ||
    (name === 'erofs' && !kinds.includes('erofs'))
  ) {
    t.skip(
      `the ${name} driver needs root and a kernel with ${name === 'erofs' ? 'EROFS and ' : ''}overlayfs`,
    );
    return undefined;
  }
  const outside = fs.mkdtempSync(join(tmpdir(), 'lamella-victim-'));
  fs.writeFileSync(join(outside, 'victim'), 'untouched');
  const before = record(outside);
  t.after(() => {
    const after = record(outside);
    fs.rmSync(outside, { recursive: true });
    assert.deepEqual(after, before, 'the host was changed');
  });
  const store = makeStore(t);
  const driver: LayerDriver = name === 'erofs' ? createErofsDriver(store) : createOverlayDriver(store);
  return {
    ...store,
    outside,
    async show(...layers) {
      const diffIds: Digest[] = [];
      for (const members of layers) diffIds.push(await store.add(...members));
      const target = fs.mkdtempSync(join(store.root, 'target-'));
      await driver.mount({ diffIds, target });
      return target;
    },
  };
}

function record(folder: string): unknown {
  return fs.readdirSync(folder).map((name) => {
    const { ino, mtimeMs, mode, nlink, size } = fs.lstatSync(join(folder, name));
    return [name, ino, mtimeMs, mode, nlink, size];
  });
}

for (const driver of drivers) {
  test(`${driver}: names that climb out or are absolute land inside the root (attacks 1, 2)`, async (t) => {
    const victim = prepare(t, driver);
    if (victim === undefined) return;
    const up = '../'.repeat(30);
    const target = await victim.show([
      { path: `${up}${victim.outside}/climbed`, content: 'x' },
      { path: `${victim.outside}/absolute`, content: 'x' },
      { path: 'a/../../b', content: 'x' },
    ]);
    assert.equal(fs.readFileSync(join(target, victim.outside, 'climbed'), 'utf8'), 'x');
    assert.equal(fs.readFileSync(join(target, victim.outside, 'absolute'), 'utf8'), 'x');
    assert.equal(fs.readFileSync(join(target, 'b'), 'utf8'), 'x');
  });

  test(`${driver}: a symlink to the outside is followed inside the root only (attacks 3, 6)`, async (t) => {
    const victim = prepare(t, driver);
    if (victim === undefined) return;
    const target = await victim.show([
      { path: 'root', linkPath: '/' },
      { path: 'root/written', content: 'x' },
      { path: 'out', linkPath: victim.outside },
      { path: 'out/victim', content: 'overwritten' },
      { path: 'rel', linkPath: `../../../../../../../..${victim.outside}` },
      { path: 'rel/victim', content: 'again' },
    ]);
    assert.equal(fs.readFileSync(join(target, 'written'), 'utf8'), 'x');
    assert.equal(fs.readFileSync(join(target, victim.outside, 'victim'), 'utf8'), 'again');
  });

  test(`${driver}: hard links reach files of the layer only (attacks 4, 5, 7)`, async (t) => {
    const victim = prepare(t, driver);
    if (victim === undefined) return;
    const inside = await victim.show([
      { path: 'etc/kaniko', content: 'x' },
      { path: 'absolute', type: 'hardlink', linkPath: '/etc/kaniko' },
      { path: 'climbing', type: 'hardlink', linkPath: '../../../etc/kaniko' },
    ]);
    assert.equal(fs.statSync(join(inside, 'absolute')).nlink, 3);
    for (const linkPath of [`${victim.outside}/victim`, 'chain/up/victim', 'victim']) {
      await assert.rejects(
        victim.show([
          { path: 'chain/up', linkPath: victim.outside },
          { path: 'exfil', type: 'hardlink', linkPath },
        ]),
        (error) => error instanceof LamellaError && error.code === 'hardlink-target-missing',
      );
    }
    assert.deepEqual(fs.readdirSync(join(victim.root, 'ingest')), []);
  });

  test(`${driver}: a whiteout below a symlink hides nothing of the host (attack 8)`, async (t) => {
    const victim = prepare(t, driver);
    if (victim === undefined) return;
    await victim.show([
      { path: 'etc', linkPath: victim.outside },
      { path: 'etc/.wh.victim' },
      { path: 'etc/.wh..wh..opq' },
    ]);
  });

  test(`${driver}: malformed whiteouts are refused with a code (attack 9)`, async (t) => {
    const victim = prepare(t, driver);
    if (victim === undefined) return;
    for (const path of ['.wh.', 'd/.wh..', 'd/.wh...']) {
      await assert.rejects(
        victim.show([{ path }]),
        (error) => error instanceof LamellaError && error.kind === 'invalid',
      );
    }
    assert.deepEqual(victim.layers.list(), []);
  });

  test(`${driver}: a recreated opaque directory keeps old files hidden, in both orders (attacks 10, 11)`, async (t) => {
    const victim = prepare(t, driver);
    if (victim === undefined) return;
    const below: Member[] = [
      { path: 'd/sub/old', content: '1' },
      { path: 'd/old', content: '1' },
    ];
    const marker: Member = { path: 'd/.wh..wh..opq' };
    const fresh: Member[] = [{ path: 'd/' }, { path: 'd/sub/' }, { path: 'd/sub/new', content: '2' }];
    for (const above of [
      [marker, ...fresh],
      [...fresh, marker],
    ]) {
      const target = await victim.show(below, above);
      assert.deepEqual(fs.readdirSync(join(target, 'd')), ['sub']);
      assert.deepEqual(fs.readdirSync(join(target, 'd/sub')), ['new']);
    }
  });

  test(`${driver}: overlayfs's own attributes in a layer are dropped, capabilities kept (attack 26)`, async (t) => {
    const victim = prepare(t, driver);
    if (victim === undefined) return;
    const capability = Buffer.from('0100000200040000000000000000000000000000', 'hex');
    const target = await victim.show(
      [{ path: 'secret/f', content: 'below' }],
      [
        { path: 'opaque/', xattrs: { 'trusted.overlay.opaque': 'y', 'user.overlay.opaque': 'y' } },
        { path: 'moved/', xattrs: { 'trusted.overlay.redirect': '/secret' } },
        {
          path: 'ping',
          content: 'x',
          mode: 0o755,
          xattrs: { 'security.capability': capability.toString('latin1') },
        },
      ],
    );
    assert.deepEqual(fs.readdirSync(join(target, 'moved')), []);
    assert.deepEqual(getXattr(join(target, 'ping'), toByteString('security.capability')), capability);
  });

  test(`${driver}: set-user-ID files, devices and FIFOs are as the layer says, and nobody opens the FIFO (attack 24)`, async (t) => {
    const victim = prepare(t, driver);
    if (victim === undefined) return;
    const target = await victim.show([
      { path: 'su', content: 'x', mode: 0o6755 },
      { path: 'pipe', type: 'fifo' },
      { path: 'disk', type: 'block', devMajor: 8, devMinor: 0 },
    ]);
    assert.equal(fs.statSync(join(target, 'su')).mode & 0o7777, 0o6755);
    assert.ok(fs.lstatSync(join(target, 'pipe')).isFIFO());
    assert.ok(fs.lstatSync(join(target, 'disk')).isBlockDevice());
    const exported = await collectBytes(exportTree(target), 1 << 20);
    assert.ok(exported.includes('pipe'));
  });
}

test('the unpacked tree is the same for any number of workers (attack 12)', async (t) => {
  if (prepare(t, 'overlay') === undefined) return;
  const { add, layers, root } = makeStore(t);
  const members: Member[] = [{ path: 'd/.wh.gone' }, { path: 'o/.wh..wh..opq' }];
  for (let index = 0; index < 400; index += 1) {
    members.push({
      path: `d${index % 7}/f${index}`,
      content: 'x'.repeat(index * 37),
      mode: 0o600 + (index % 64),
    });
    if (index % 5 === 0)
      members.push({ path: `links/l${index}`, type: 'hardlink', linkPath: `d${index % 7}/f${index}` });
    if (index % 9 === 0) members.push({ path: `d${index % 7}/.wh.w${index}` });
  }
  using layer = layers.openLayer(await add(...members));
  const digests = new Set<Digest>();
  for (const workers of [1, 2, 8, 64]) {
    const target = join(root, `tree-${workers}`);
    await unpackTree(layer, target, { workers });
    digests.add(digestOf(await collectBytes(exportTree(target), 1 << 30)));
  }
  assert.equal(digests.size, 1);
});

test('a sparse file of 1 TiB takes little space in the index and when it is unpacked (attack 27)', async (t) => {
  if (prepare(t, 'overlay') === undefined) return;
  const { layers, root } = makeStore(t);
  const { archiveOf, paxMember } = await sparseArchive();
  await using staged = await layers.stage(archiveOf(paxMember));
  using layer = layers.openLayer(layers.publish(staged).diffId);
  await unpackTree(layer, join(root, 'tree'));
  const status = fs.statSync(join(root, 'tree/sparse'));
  assert.equal(status.size, 2 ** 40);
  t.diagnostic(
    `${status.blocks * 512} bytes on disk, index ${fs.statSync(layers.paths(staged.diffId).index).size}`,
  );
  assert.ok(status.blocks * 512 < 16 << 20);
});

/** GNU tar's sparse format 1.0, written by hand: one block of content in front of a TiB of nothing. */
async function sparseArchive(): Promise<{
  archiveOf: (bytes: Buffer) => AsyncGenerator<Uint8Array>;
  paxMember: Buffer;
}> {
  const { formatTarHeader } = await import('../../src/tar/writer.ts');
  const records = {
    'GNU.sparse.major': '1',
    'GNU.sparse.minor': '0',
    'GNU.sparse.name': 'sparse',
    'GNU.sparse.realsize': String(2 ** 40),
  };
  const pax = Object.entries(records)
    .map(([key, value]) => record(key, value))
    .join('');
  const header = Buffer.from(formatTarHeader({ type: 'file', path: toByteString('pax'), size: pax.length }));
  header[156] = 'x'.charCodeAt(0);
  header.write('        ', 148, 'latin1');
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
  const map = Buffer.alloc(512);
  map.write(`2\n0\n512\n${2 ** 40}\n0\n`);
  const member = formatTarHeader({ type: 'file', path: toByteString('GNUSparseFile.0/sparse'), size: 1024 });
  const padded = Buffer.alloc(512);
  padded.write(pax);
  const paxMember = Buffer.concat([
    header,
    padded,
    member,
    map,
    Buffer.alloc(512, 'data'),
    Buffer.alloc(1024),
  ]);
  return {
    paxMember,
    async *archiveOf(bytes) {
      yield bytes;
    },
  };

  function record(key: string, value: string): string {
    const body = ` ${key}=${value}\n`;
    const length = body.length + String(body.length + 2).length;
    return `${length}${body}`;
  }
}
