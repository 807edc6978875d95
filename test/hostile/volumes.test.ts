import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync } from 'node:fs';
import { symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { openFolder } from '../../src/linux/confined-folder.ts';
import { mount } from '../../src/linux/mount.ts';
import { copyTree } from '../../src/volumes/copy-tree.ts';
import { volumeLab } from '../support/volume-lab.ts';

volumeLab(
  'attack 39: a volume’s place that is a symlink in the image copies nothing of the machine',
  async (lab) => {
    const secret = join(lab.folder, 'secret');
    mkdirSync(secret);
    writeFileSync(join(secret, 'key'), 'of the machine');
    mkdirSync(join(lab.image, 'inside'));
    writeFileSync(join(lab.image, 'inside/own'), '');
    const ways = {
      absolute: secret,
      climbing: `../../../../../../../../..${secret}`,
      magic: `/proc/self/root${secret}`,
      process: '/proc/1/root/etc',
      loop: 'loop',
    };
    for (const [name, target] of Object.entries(ways)) {
      symlinkSync(target, join(lab.image, name));
      const data = lab.create(`volume-${name}`);
      // The mount itself may fail, where the runtime finds the way as strange as we do.
      await lab
        .run(['true'], { hostConfig: { Binds: [`volume-${name}:/${name}`] } })
        .catch((error: unknown) => assert.match(String(error), /runtime|symbolic|no such file/));
      assert.deepEqual(readdirSync(data), [], name);
    }
    symlinkSync('/inside', join(lab.image, 'honest'));
    const data = lab.create('honest');
    await lab.run(['true'], { hostConfig: { Binds: ['honest:/honest'] } });
    assert.deepEqual(readdirSync(data), ['own'], 'a symlink inside of the image is followed there');
  },
);

volumeLab('attack 39: symlinks and a parent that is one are copied as they are', async (lab) => {
  const secret = join(lab.folder, 'secret');
  mkdirSync(secret);
  writeFileSync(join(secret, 'key'), 'of the machine');
  symlinkSync(lab.folder, join(lab.image, 'parent'));
  mkdirSync(join(lab.image, 'srv'));
  symlinkSync(secret, join(lab.image, 'srv/way-out'));
  const data = lab.create('data');
  const other = lab.create('other');
  await lab.run(['true'], { hostConfig: { Binds: ['data:/srv'] } });
  assert.equal(statSync(join(data, 'way-out/key')).size, 14, 'only a link, which leads where it led');
  rmSync(secret, { recursive: true });
  assert.deepEqual(readdirSync(data), ['way-out']);
  assert.equal(existsSync(join(data, 'way-out')), false);
  await lab.run(['true'], { hostConfig: { Binds: ['other:/parent/secret'] } }).catch(() => {});
  assert.deepEqual(readdirSync(other), []);
});

volumeLab('attack 42: no part of a volume lies outside of it', async (lab) => {
  const secret = join(lab.folder, 'secret');
  mkdirSync(secret);
  writeFileSync(join(secret, 'key'), 'of the machine');
  const data = lab.create('data');
  symlinkSync(secret, join(data, 'absolute'));
  symlinkSync('../../../secret', join(data, 'climbing'));
  mkdirSync(join(data, 'dir'));
  symlinkSync('..', join(data, 'dir/up'));
  const run = (Subpath: string): Promise<{ stdout: string }> =>
    lab.run(['ls', '/x'], {
      hostConfig: {
        Mounts: [
          { Type: 'volume', Source: 'data', Target: '/x', ReadOnly: false, VolumeOptions: { Subpath } },
        ],
      },
    });
  for (const path of ['absolute', 'climbing', 'climbing/key', 'dir/up/../..', '/etc', '..', 'dir/up/up']) {
    await assert.rejects(run(path), /cannot access path|subpath must be a relative path/, path);
  }
  assert.match((await run('dir/up')).stdout, /absolute/, 'one inside of it may be a symlink');
});

volumeLab(
  'attack 42: a container that swaps directories while its volume is filled moves nothing out',
  async (lab) => {
    const victim = join(lab.folder, 'victim');
    mkdirSync(victim);
    const source = join(lab.folder, 'source');
    for (const name of ['a', 'b', 'c']) {
      mkdirSync(join(source, name, 'deep'), { recursive: true });
      writeFileSync(join(source, name, 'deep/file'), 'x'.repeat(9_000_000));
    }
    const target = join(lab.folder, 'target');
    mkdirSync(target);
    using from = openFolder(source);
    using to = openFolder(target);
    const progress = { done: false };
    const copying = copyTree(from, to).finally(() => (progress.done = true));
    copying.catch(() => {});
    // Big files are copied in pieces, and between them others get their turn.
    for (let round = 0; !progress.done; round += 1) {
      for (const name of ['a', 'b', 'c']) {
        if (!existsSync(join(target, name)) || existsSync(join(target, `${name}-${round}`))) continue;
        renameSync(join(target, name), join(target, `${name}-${round}`));
        symlinkSync(victim, join(target, name));
      }
      await new Promise(setImmediate);
    }
    await copying.catch(() => {});
    assert.deepEqual(readdirSync(victim), []);
  },
);

volumeLab('names of volumes lead nowhere', async (lab) => {
  for (const name of ['..', '../x', '.removed-1', 'a/b', 'a\0b', 'a\nb', ' a', '-a', 'ä'.repeat(3)]) {
    assert.throws(
      () => lab.create(name),
      /includes invalid characters for a local volume name/,
      JSON.stringify(name),
    );
  }
  assert.throws(() => lab.create('a'.repeat(256)), /file name too long/);
  assert.deepEqual(lab.volumes.list(), []);
});

volumeLab('a volume whose directory is a symlink is not followed when it is removed', async (lab) => {
  const victim = join(lab.folder, 'victim');
  mkdirSync(victim);
  writeFileSync(join(victim, 'file'), 'kept');
  const data = lab.create('data');
  rmSync(data, { recursive: true });
  symlinkSync(victim, data);
  await lab.volumes.remove('data');
  assert.equal(readFileSync(join(victim, 'file'), 'utf8'), 'kept');
});

volumeLab(
  'what a volume’s options mount is unmounted before it is deleted, and keeps its files',
  async (lab) => {
    const elsewhere = join(lab.folder, 'elsewhere');
    mkdirSync(elsewhere);
    writeFileSync(join(elsewhere, 'file'), 'kept');
    const data = lab.create('data', { type: 'none', device: elsewhere, o: 'bind' });
    const { stdout } = await lab.run(['cat', '/d/file'], { hostConfig: { Binds: ['data:/d'] } });
    assert.equal(stdout, 'kept');
    // As a crash leaves it: mounted, with nobody noted as its user.
    mount({ source: elsewhere, target: data, flags: 0x1000 });
    await lab.volumes.remove('data');
    assert.equal(readFileSync(join(elsewhere, 'file'), 'utf8'), 'kept');
  },
);
