import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import fs from 'node:fs';
import { join } from 'node:path';
import test, { type TestContext } from 'node:test';
import { toByteString } from '../../src/base/byte-string.ts';
import { isLamellaError } from '../../src/base/errors.ts';
import { chooseDriver } from '../../src/layers/drivers/choose.ts';
import type { LayerDriver } from '../../src/layers/drivers/driver.ts';
import { createErofsDriver } from '../../src/layers/drivers/erofs-driver.ts';
import { parseMountTable, readMountTable } from '../../src/linux/mount-table.ts';
import { mountByOptions } from '../../src/layers/drivers/overlay-mount.ts';
import { createOverlayDriver } from '../../src/layers/drivers/overlay-driver.ts';
import type { Digest } from '../../src/oci/digest.ts';
import { umount } from '../../src/linux/mount.ts';
import { getXattr } from '../../src/linux/xattr.ts';
import { makeStore, type Member, type TestStore } from '../support/layer-store.ts';

type Variant = 'erofs' | 'erofs over loop devices' | 'overlay';

interface Fixture extends TestStore {
  readonly driver: LayerDriver;
  /** Mounts at a fresh directory. */
  show(
    diffIds: readonly Digest[],
    options?: { readOnly?: boolean },
  ): Promise<{ target: string; upper: string }>;
}

for (const variant of ['erofs', 'erofs over loop devices', 'overlay'] as const) suite(variant);

async function prepare(t: TestContext, variant: Variant): Promise<Fixture | undefined> {
  const reason = obstacle(variant);
  if (reason !== undefined) {
    t.skip(reason);
    return undefined;
  }
  const store = makeStore(t);
  const driver = makeDriver(variant, store);
  let count = 0;
  return {
    ...store,
    driver,
    async show(diffIds, options) {
      const folder = join(store.root, 'containers', String(count++));
      const [upper, work, target] = ['upper', 'work', 'merged'].map((name) => join(folder, name)) as [
        string,
        string,
        string,
      ];
      for (const path of [upper, work, target]) fs.mkdirSync(path, { recursive: true });
      await driver.mount({ diffIds, upper, work, target, ...options });
      return { target, upper };
    },
  };
}

function obstacle(variant: Variant): string | undefined {
  if (process.platform !== 'linux') return 'mounting layers needs Linux';
  if (process.geteuid?.() !== 0) return 'mounting layers needs root';
  const kinds = fs.readFileSync('/proc/filesystems', 'utf8');
  if (!kinds.includes('overlay')) return 'this kernel has no overlayfs';
  if (variant !== 'overlay' && !kinds.includes('erofs')) return 'this kernel has no EROFS';
  if (variant === 'erofs over loop devices' && !fs.existsSync('/dev/loop-control'))
    return 'there is no /dev/loop-control';
  return undefined;
}

function makeDriver(variant: Variant, deps: TestStore): LayerDriver {
  if (variant === 'overlay') return createOverlayDriver(deps);
  return createErofsDriver(deps, { backing: variant === 'erofs' ? 'file' : 'loop' });
}

async function mountedUnder(folder: string): Promise<string[]> {
  return (await readMountTable()).map(({ target }) => target).filter((target) => target.startsWith(folder));
}

const busybox = [fs.existsSync('/bin/busybox') ? '/bin/busybox' : '/usr/bin/busybox'];

function suite(variant: Variant): void {
  test(`${variant}: a file keeps content, mode, owner, time in nanoseconds and attributes`, async (t) => {
    const fixture = await prepare(t, variant);
    if (fixture === undefined) return;
    const big = Buffer.alloc(3_000_001, 'lamella');
    const { target } = await fixture.show([
      await fixture.add(
        { path: 'dir/', mode: 0o1750, uid: 12, gid: 34, mtime: { seconds: 1_600_000_000, nanoseconds: 5 } },
        {
          path: 'dir/big',
          content: big,
          mode: 0o4755,
          uid: 1000,
          gid: 65_534,
          mtime: { seconds: 1_500_000_000, nanoseconds: 123_456_789 },
        },
        {
          path: 'dir/old',
          content: 'x',
          mtime: { seconds: -86_400, nanoseconds: 0 },
          xattrs: { 'user.colour': 'blue' },
        },
        { path: 'dir/hard', type: 'hardlink', linkPath: 'dir/big' },
        { path: 'dir/link', linkPath: '/dir/big' },
        { path: 'null', type: 'char', devMajor: 1, devMinor: 3, mode: 0o666 },
        { path: 'pipe', type: 'fifo', mode: 0o620 },
      ),
    ]);
    const big1 = fs.statSync(join(target, 'dir/big'), { bigint: true });
    assert.ok(fs.readFileSync(join(target, 'dir/big')).equals(big));
    assert.deepEqual(
      [Number(big1.mode & 0o7777n), Number(big1.uid), Number(big1.gid)],
      [0o4755, 1000, 65_534],
    );
    assert.equal(big1.mtimeNs, 1_500_000_000_123_456_789n);
    assert.equal(fs.statSync(join(target, 'dir/hard'), { bigint: true }).ino, big1.ino);
    assert.equal(big1.nlink, 2n);
    assert.equal(fs.readlinkSync(join(target, 'dir/link')), '/dir/big');
    const old = fs.statSync(join(target, 'dir/old'), { bigint: true });
    assert.equal(old.mtimeNs, -86_400_000_000_000n);
    assert.equal(getXattr(join(target, 'dir/old'), toByteString('user.colour'))?.toString(), 'blue');
    const dir = fs.statSync(join(target, 'dir'), { bigint: true });
    assert.deepEqual([Number(dir.mode & 0o7777n), Number(dir.uid), Number(dir.gid)], [0o1750, 12, 34]);
    assert.equal(dir.mtimeNs, 1_600_000_000_000_000_005n);
    const device = fs.statSync(join(target, 'null'));
    assert.ok(device.isCharacterDevice());
    assert.equal(device.rdev, fs.statSync('/dev/null').rdev);
    assert.ok(fs.statSync(join(target, 'pipe')).isFIFO());
  });

  test(`${variant}: upper layers hide, replace and empty what is below (attacks 10, 11, 13)`, async (t) => {
    const fixture = await prepare(t, variant);
    if (fixture === undefined) return;
    const { target } = await fixture.show([
      await fixture.add(
        { path: 'gone', content: '1' },
        { path: 'kept', content: '1' },
        { path: 'tree/old/deep', content: '1' },
        { path: 'tree/other', content: '1' },
        { path: 'dir-to-file/inner', content: '1' },
        { path: 'file-to-dir', content: '1' },
        { path: 'link-to-dir', linkPath: 'tree' },
      ),
      await fixture.add(
        { path: '.wh.gone' },
        { path: 'tree/' },
        { path: 'tree/.wh..wh..opq' },
        { path: 'tree/old/' },
        { path: 'tree/old/new', content: '2' },
        { path: 'dir-to-file', content: '2' },
        { path: 'file-to-dir/inner', content: '2' },
        { path: 'link-to-dir/', mode: 0o700 },
        { path: 'link-to-dir/inner', content: '2' },
      ),
      await fixture.add({ path: 'gone', content: '3' }, { path: '.wh.gone' }, { path: 'kept', content: '3' }),
    ]);
    assert.deepEqual(listAll(target), [
      'dir-to-file',
      'file-to-dir/',
      'file-to-dir/inner',
      'gone',
      'kept',
      'link-to-dir/',
      'link-to-dir/inner',
      'tree/',
      'tree/old/',
      'tree/old/new',
    ]);
    assert.equal(fs.readFileSync(join(target, 'kept'), 'utf8'), '3');
    assert.equal(fs.readFileSync(join(target, 'gone'), 'utf8'), '3');
  });

  test(`${variant}: a program runs, and what it writes lands in the upper directory only`, async (t) => {
    const [program = ''] = busybox;
    if (!fs.existsSync(program)) return t.skip('busybox is not installed');
    const fixture = await prepare(t, variant);
    if (fixture === undefined) return;
    const layer = await fixture.add(
      { path: 'bin/busybox', content: fs.readFileSync(program), mode: 0o755 },
      { path: 'a', content: 'a' },
    );
    const { target, upper } = await fixture.show([layer]);
    const result = spawnSync('chroot', [
      target,
      '/bin/busybox',
      'sh',
      '-c',
      'busybox=/bin/busybox; $busybox rm a; $busybox mkdir d; echo hi > d/b; $busybox cat d/b',
    ]);
    assert.equal(result.stdout.toString(), 'hi\n', result.stderr.toString());
    assert.deepEqual(listAll(upper), ['a', 'd/', 'd/b']);
    assert.deepEqual(await fixture.layers.verify(layer), []);
  });

  test(`${variant}: names of any bytes work`, async (t) => {
    const fixture = await prepare(t, variant);
    if (fixture === undefined) return;
    const names = ['new\nline', '\x1b[31m', 'a:b,c\\d', ' ', 'é', 'x'.repeat(255)];
    const layer = await fixture.add(...names.map((path): Member => ({ path, content: path })));
    const { target } = await fixture.show([layer]);
    assert.deepEqual(fs.readdirSync(target).sort(), names.toSorted());
  });

  test(`${variant}: 300 layers are one tree`, async (t) => {
    const fixture = await prepare(t, variant);
    if (fixture === undefined) return;
    const numbers = Array.from({ length: 300 }, (_, index) => String(index));
    const diffIds = await fixture.addAll(
      numbers.map((number) => [
        { path: `f${number}`, content: number },
        { path: 'last', content: number },
      ]),
    );
    const begin = performance.now();
    const { target } = await fixture.show(diffIds);
    t.diagnostic(`mounted in ${Math.round(performance.now() - begin)} ms`);
    assert.equal(fs.readdirSync(target).length, 301);
    assert.equal(fs.readFileSync(join(target, 'last'), 'utf8'), '299');
    const before = performance.now();
    await fixture.driver.unmount({ target });
    t.diagnostic(`unmounted in ${Math.round(performance.now() - before)} ms`);
    assert.deepEqual(await mountedUnder(fixture.runDir), []);
  });

  test(`${variant}: a layer that an image holds twice counts where it is topmost`, async (t) => {
    const fixture = await prepare(t, variant);
    if (fixture === undefined) return;
    const one = await fixture.add({ path: 'f', content: 'one' });
    const two = await fixture.add({ path: 'f', content: 'two' }, { path: 'g', content: 'two' });
    const { target } = await fixture.show([one, two, one]);
    assert.equal(fs.readFileSync(join(target, 'f'), 'utf8'), 'one');
    assert.equal(fs.readFileSync(join(target, 'g'), 'utf8'), 'two');
  });

  test(`${variant}: an image without layers is an empty tree that can be written`, async (t) => {
    const fixture = await prepare(t, variant);
    if (fixture === undefined) return;
    const { target } = await fixture.show([]);
    assert.deepEqual(fs.readdirSync(target), []);
    fs.writeFileSync(join(target, 'f'), '');
  });

  test(`${variant}: read-only mounts refuse writes, with an upper directory and without`, async (t) => {
    const fixture = await prepare(t, variant);
    if (fixture === undefined) return;
    const layer = await fixture.add({ path: 'f', content: 'one' });
    const { target } = await fixture.show([layer], { readOnly: true });
    assert.throws(() => fs.writeFileSync(join(target, 'g'), ''), { code: 'EROFS' });
    const bare = join(fixture.root, 'bare');
    fs.mkdirSync(bare);
    await fixture.driver.mount({ diffIds: [layer], target: bare });
    assert.equal(fs.readFileSync(join(bare, 'f'), 'utf8'), 'one');
    assert.throws(() => fs.writeFileSync(join(bare, 'g'), ''), { code: 'EROFS' });
  });

  test(`${variant}: the init directory stands between the image and the upper directory`, async (t) => {
    const fixture = await prepare(t, variant);
    if (fixture === undefined) return;
    const folder = join(fixture.root, 'c');
    for (const name of ['init/etc', 'upper', 'work', 'merged'])
      fs.mkdirSync(join(folder, name), { recursive: true });
    fs.writeFileSync(join(folder, 'init/etc/hosts'), 'stub');
    const layer = await fixture.add({ path: 'etc/passwd', content: 'root' });
    await fixture.driver.mount({
      diffIds: [layer],
      init: join(folder, 'init'),
      upper: join(folder, 'upper'),
      work: join(folder, 'work'),
      target: join(folder, 'merged'),
    });
    assert.deepEqual(fs.readdirSync(join(folder, 'merged/etc')), ['hosts', 'passwd']);
    assert.deepEqual(fs.readdirSync(join(folder, 'upper')), []);
  });

  test(`${variant}: containers share layers, and the last one to go takes the mounts with it`, async (t) => {
    const fixture = await prepare(t, variant);
    if (fixture === undefined) return;
    const base = await fixture.add({ path: 'f', content: 'one' });
    const other = await fixture.add({ path: 'g', content: 'two' });
    const mounts = await Promise.all([
      fixture.show([base]),
      fixture.show([base, other]),
      fixture.show([other]),
    ]);
    for (const { target } of mounts) {
      await fixture.driver.unmount({ target });
      await fixture.driver.unmount({ target });
    }
    assert.deepEqual(await mountedUnder(fixture.runDir), []);
    assert.deepEqual(await mountedUnder(fixture.root), []);
  });

  test(`${variant}: mounting goes on after mounts have vanished behind its back, and sweep() clears what a crash left`, async (t) => {
    const fixture = await prepare(t, variant);
    if (fixture === undefined) return;
    const layer = await fixture.add({ path: 'f', content: 'one' });
    const first = await fixture.show([layer]);
    for (const target of (await mountedUnder(fixture.runDir)).reverse()) umount(target, { flags: 2 });
    assert.equal(
      fs.readFileSync(join(first.target, 'f'), 'utf8'),
      'one',
      'overlayfs keeps its layers itself',
    );
    const second = await fixture.show([layer]);
    assert.equal(fs.readFileSync(join(second.target, 'f'), 'utf8'), 'one');
    umount(first.target);
    umount(second.target);
    await makeDriver(variant, fixture).sweep();
    assert.deepEqual(await mountedUnder(fixture.runDir), []);
  });

  test(`${variant}: a layer that was replaced while in use is mounted anew for the next container`, async (t) => {
    const fixture = await prepare(t, variant);
    if (fixture === undefined) return;
    const diffId = await fixture.add({ path: 'f', content: 'one' });
    const first = await fixture.show([diffId]);
    const damaged = fixture.layers.tarPath(diffId);
    await using healed = await fixture.layers.stage(fixture.layers.openTar(diffId));
    fs.writeFileSync(damaged, Buffer.alloc(fs.statSync(damaged).size, 'damage'));
    fixture.layers.publish(healed, { replace: true });
    const second = await fixture.show([diffId]);
    assert.equal(fs.readFileSync(join(second.target, 'f'), 'utf8'), 'one');
    for (const { target } of [first, second]) await fixture.driver.unmount({ target });
    assert.deepEqual(await mountedUnder(fixture.runDir), []);
  });

  test(`${variant}: a mount that fails leaves nothing mounted`, async (t) => {
    const fixture = await prepare(t, variant);
    if (fixture === undefined) return;
    const layer = await fixture.add({ path: 'f', content: 'one' });
    const target = join(fixture.root, 'nowhere');
    await assert.rejects(fixture.driver.mount({ diffIds: [layer], target }), (error) =>
      isLamellaError(error, 'not-found'),
    );
    assert.deepEqual(await mountedUnder(fixture.runDir), []);
  });
}

test('chooseDriver() prefers erofs, tells why, and takes the one that is asked for', async (t) => {
  const reason = obstacle('overlay');
  if (reason !== undefined) return t.skip(reason);
  const store = makeStore(t);
  const chosen = await chooseDriver(store);
  t.diagnostic(`${chosen.driver.name}: ${chosen.reason} ${JSON.stringify(chosen.rejected)}`);
  const asked = await chooseDriver(store, 'overlay');
  assert.equal(asked.driver.name, 'overlay');
  assert.match(asked.reason, /as asked for/);
  await assert.rejects(chooseDriver(store, 'zfs'), (error) => isLamellaError(error, 'invalid'));
  assert.deepEqual(await mountedUnder(store.runDir), []);
});

test('chooseDriver() says to an ordinary user that mounting needs root', (t) => {
  if (process.geteuid?.() !== 0) return t.skip('becoming an ordinary user needs root');
  const program = `
    process.setuid(65534);
    const { chooseDriver } = await import(${JSON.stringify(join(import.meta.dirname, '../../src/layers/drivers/choose.ts'))});
    await chooseDriver({ root: '/nonexistent', runDir: '/nonexistent' }).catch((error) => console.log(error.code));
  `;
  const result = spawnSync(process.execPath, ['--input-type=module', '-e', program]);
  if (result.status !== 0) return t.skip('another user cannot read this checkout');
  assert.equal(result.stdout.toString(), 'driver-needs-root\n');
});

test('kernels that take all options in one string still get 150 layers, whatever their paths look like', async (t) => {
  const reason = obstacle('overlay');
  if (reason !== undefined) return t.skip(reason);
  const { root, runDir } = makeStore(t);
  const lowers = Array.from({ length: 150 }, (_, index) =>
    join(root, `a:b,c\\d ${'x'.repeat(200)}`, String(index)),
  );
  const [upper, work, target] = ['u:1', 'w,1', 'merged'].map((name) => join(root, name)) as [
    string,
    string,
    string,
  ];
  for (const path of [...lowers, upper, work, target]) fs.mkdirSync(path, { recursive: true });
  lowers.forEach((lower, index) => fs.writeFileSync(join(lower, `f${index}`), ''));
  mountByOptions({ lowers, upper, work, target, readOnly: false, volatile: false, scratch: runDir }, lowers);
  fs.writeFileSync(join(target, 'new'), '');
  assert.equal(fs.readdirSync(target).length, 151);
  assert.deepEqual(fs.readdirSync(upper), ['new']);
  assert.deepEqual(fs.readdirSync(runDir), []);
});

test('a volatile mount can be mounted again', async (t) => {
  const reason = obstacle('overlay');
  if (reason !== undefined) return t.skip(reason);
  const store = makeStore(t);
  const [upper, work, target] = ['upper', 'work', 'merged'].map((name) => join(store.root, name)) as [
    string,
    string,
    string,
  ];
  for (const path of [upper, work, target]) fs.mkdirSync(path);
  const driver = createOverlayDriver(store);
  const diffIds = [await store.add({ path: 'f' })];
  for (const name of ['one', 'two']) {
    await driver.mount({ diffIds, upper, work, target, volatile: true });
    fs.writeFileSync(join(target, name), '');
    await driver.unmount({ target });
  }
  assert.deepEqual(fs.readdirSync(upper), ['one', 'two']);
});

test('the mount table is read as the kernel escapes it', () => {
  const line = '36 35 98:0 /mnt1 /mnt\\0402\\134 rw,noatime master:1 - ext3 /dev/a\\040b rw,errors=continue';
  assert.deepEqual(parseMountTable(`${line}\n`), [
    {
      id: 36,
      device: '98:0',
      readOnly: false,
      isShared: false,
      isSlave: true,
      target: '/mnt 2\\',
      type: 'ext3',
      source: '/dev/a b',
    },
  ]);
});

function listAll(folder: string): string[] {
  return execFileSync('find', ['.', '-mindepth', '1', '-printf', '%P%y\n'], { cwd: folder, encoding: 'utf8' })
    .trim()
    .split('\n')
    .map((line) => line.slice(0, -1) + (line.endsWith('d') ? '/' : ''))
    .sort();
}
