import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, chownSync, existsSync, ftruncateSync, linkSync, lutimesSync, mkdirSync } from 'node:fs';
import { openSync, closeSync, readdirSync, readFileSync, renameSync, rmSync, statSync } from 'node:fs';
import { symlinkSync, writeFileSync, writeSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { toByteString } from '../../src/base/byte-string.ts';
import { mount, umount } from '../../src/linux/mount.ts';
import { readMountTable } from '../../src/linux/mount-table.ts';
import { makeNode } from '../../src/linux/nodes.ts';
import { setXattr } from '../../src/linux/xattr.ts';
import { exampleImage, exampleRequest } from '../support/container-request.ts';
import { openService, workerCommand } from '../support/containers.ts';
import { recordDirectory } from '../support/directory-record.ts';
import { volumeLab } from '../support/volume-lab.ts';

const tmpfs = { type: 'tmpfs', device: 'tmpfs', o: 'size=4m' };

/** All that a copy can get wrong. */
function makeContent(folder: string): void {
  mkdirSync(join(folder, 'sub/deep'), { recursive: true });
  writeFileSync(join(folder, 'file'), 'one\n');
  linkSync(join(folder, 'file'), join(folder, 'sub/deep/again'));
  symlinkSync('../file', join(folder, 'sub/link'));
  symlinkSync('/nowhere', join(folder, 'dangling'));
  makeNode(join(folder, 'fifo'), 'fifo', 0o620);
  makeNode(join(folder, 'null'), 'char', 0o666, { major: 1, minor: 3 });
  writeFileSync(join(folder, 'program'), 'x');
  chownSync(join(folder, 'program'), 33, 44);
  chmodSync(join(folder, 'program'), 0o4755);
  setXattr(join(folder, 'file'), toByteString('user.note'), Buffer.from('kept'));
  setXattr(join(folder, 'sub'), toByteString('trusted.note'), Buffer.from('kept'));
  const sparse = openSync(join(folder, 'sparse'), 'w');
  writeSync(sparse, 'end', 50_000_000);
  ftruncateSync(sparse, 60_000_000);
  closeSync(sparse);
  chownSync(join(folder, 'sub'), 5, 6);
  chmodSync(join(folder, 'sub'), 0o2770);
  for (const name of ['sub/link', 'sub/deep', 'sub', 'file', '']) {
    lutimesSync(join(folder, name), 1_000_000_000.25, 1_000_000_000.25);
  }
}

async function mountsIn(folder: string): Promise<string[]> {
  return (await readMountTable()).map(({ target }) => target).filter((target) => target.startsWith(folder));
}

volumeLab('an empty volume takes what the image has there, to the last attribute', async (lab) => {
  makeContent(join(lab.image, 'srv'));
  const data = lab.create('data');
  await lab.run(['true'], { hostConfig: { Binds: ['data:/srv'] } });
  assert.deepEqual(recordDirectory(data), recordDirectory(join(lab.image, 'srv')));
  assert.ok(statSync(join(data, 'sparse')).blocks < 100, 'holes stay holes');
});

volumeLab('a volume that has to be mounted is filled too', async (lab) => {
  makeContent(join(lab.image, 'srv'));
  lab.create('data', tmpfs);
  const { stdout } = await lab.run(['sh', '-c', 'ls /srv; cat /srv/sub/deep/again'], {
    hostConfig: { Binds: ['data:/srv'] },
  });
  assert.equal(stdout, 'dangling\nfifo\nfile\nnull\nprogram\nsparse\nsub\none\n');
});

volumeLab('nothing is copied by nocopy, into what holds something, or a second time', async (lab) => {
  mkdirSync(join(lab.image, 'srv'));
  writeFileSync(join(lab.image, 'srv/file'), '');
  const [bare, full, data] = ['bare', 'full', 'data'].map((name) => lab.create(name)) as [
    string,
    string,
    string,
  ];
  writeFileSync(join(full, 'own'), '');
  await lab.run(['true'], { hostConfig: { Binds: ['bare:/srv:nocopy'] } });
  await lab.run(['true'], { hostConfig: { Binds: ['full:/srv'] } });
  assert.deepEqual([readdirSync(bare), readdirSync(full)], [[], ['own']]);
  const { id } = await lab.service.create(
    exampleRequest(['rm', '/srv/file'], { hostConfig: { Binds: ['data:/srv'] } }),
    exampleImage,
  );
  for (const _ of [1, 2]) {
    const ended = lab.service.wait(id, { condition: 'next-exit' });
    await lab.service.start(id);
    await ended;
    assert.deepEqual(readdirSync(data), []);
  }
});

volumeLab('a copy that was cut off is made anew, one that was complete is put into place', async (lab) => {
  mkdirSync(join(lab.image, 'srv'));
  for (const name of ['a', 'b', 'c']) writeFileSync(join(lab.image, 'srv', name), name);
  const early = lab.create('early');
  mkdirSync(join(early, '../.lamella-filling'));
  writeFileSync(join(early, '../.lamella-filling/a'), 'half');
  const late = lab.create('late');
  mkdirSync(join(late, '../.lamella-filled'));
  writeFileSync(join(late, 'a'), 'changed since');
  for (const name of ['a', 'b']) writeFileSync(join(late, '../.lamella-filled', name), name);
  await lab.run(['true'], { hostConfig: { Binds: ['early:/srv'] } });
  await lab.run(['true'], { hostConfig: { Binds: ['late:/srv'] } });
  const texts = (folder: string): string[] =>
    readdirSync(folder).map((name) => readFileSync(join(folder, name), 'utf8'));
  assert.deepEqual(texts(early), ['a', 'b', 'c']);
  assert.deepEqual(texts(late), ['changed since', 'b']);
  assert.deepEqual([readdirSync(join(early, '..')), readdirSync(join(late, '..'))].flat().sort(), [
    '_data',
    '_data',
    'lock',
    'lock',
  ]);
});

volumeLab(
  'a starter that is killed while it fills leaves nothing that the next one does not mend',
  async (lab) => {
    mkdirSync(join(lab.image, 'srv/sub'), { recursive: true });
    for (let each = 0; each < 1500; each += 1) writeFileSync(join(lab.image, `srv/sub/${each}`), 'x');
    const data = lab.create('data');
    const scratch = lab.create('scratch', tmpfs);
    const Binds = ['scratch:/a', 'data:/srv'];
    const { id } = await lab.service.create(
      exampleRequest(['sleep', '60'], { hostConfig: { Binds } }),
      exampleImage,
    );
    const starter = spawn(process.execPath, workerCommand(lab.folder, 'hold', id), { stdio: 'ignore' });
    const ended = once(starter, 'exit');
    while (!existsSync(join(data, '../.lamella-filling/sub/10'))) await new Promise(setImmediate);
    starter.kill('SIGKILL');
    assert.deepEqual(await ended, [null, 'SIGKILL']);
    assert.deepEqual(readdirSync(data), [], 'still empty');
    assert.deepEqual(await mountsIn(scratch), [scratch]);
    await lab.service.start(id);
    assert.equal(readdirSync(join(data, 'sub')).length, 1500);
    assert.deepEqual(await mountsIn(scratch), [scratch], 'mounted once');
    await lab.service.remove(id, { force: true });
    assert.deepEqual(await mountsIn(lab.folder), []);
  },
);

volumeLab('containers that start at once with the same new volume find it filled, once', async (lab) => {
  mkdirSync(join(lab.image, 'srv'));
  for (let each = 0; each < 200; each += 1) writeFileSync(join(lab.image, `srv/${each}`), 'x');
  using other = openService(lab.folder);
  const start = async (service: typeof lab.service): Promise<string> => {
    const command = ['sh', '-c', 'ls /srv | wc -l; rm /srv/0'];
    const { id } = await service.create(
      exampleRequest(command, { hostConfig: { Binds: ['data:/srv'] } }),
      exampleImage,
    );
    await using streams = await service.attach(id, { stdin: false, stdout: true, stderr: true });
    await service.start(id);
    let text = '';
    for await (const { bytes } of streams.output) text += Buffer.from(bytes).toString();
    return text;
  };
  const seen = await Promise.all([lab.service, other.service, lab.service].map(start));
  // Whoever comes later may see what an earlier one has removed, and nothing comes back.
  assert.ok(
    seen.every((text) => /^(200|199)\n/.test(text)),
    seen.join(),
  );
  assert.equal(readdirSync(lab.volumes.dataFolder('data')).length, 199);
});

volumeLab('anonymous volumes go by rm -v and --rm, and stay with whoever else has them', async (lab) => {
  const { service, volumes } = lab;
  const create = async (hostConfig: object = {}, config: object = {}): Promise<string> =>
    (await service.create(exampleRequest(['true'], { hostConfig, config }), exampleImage)).id;
  const names = (): string[] => volumes.list().map(({ name }) => name);
  const first = await create({ Binds: ['named:/n'] }, { Volumes: ['/a', '/b'] });
  assert.equal(names().filter((name) => /^[0-9a-f]{64}$/.test(name)).length, 2);
  const second = await create({ VolumesFrom: [`${first}:ro`] });
  await assert.rejects(volumes.remove('named'), {
    message: `remove named: volume is in use - [${[first, second].sort().join(', ')}]`,
  });
  await service.remove(first, { force: false, volumes: true });
  assert.equal(names().length, 3);
  await service.remove(second, { force: false, volumes: true });
  assert.deepEqual(names(), ['named']);
  const kept = await create({}, { Volumes: ['/a'] });
  await service.remove(kept, { force: false });
  assert.equal(names().length, 2);
  const ended = await create({ AutoRemove: true }, { Volumes: ['/a'] });
  const removed = service.wait(ended, { condition: 'removed' });
  await service.start(ended);
  await removed;
  // What records the end removes the volumes last.
  for (let tries = 0; tries < 100 && names().length > 2; tries += 1) {
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  assert.equal(names().length, 2);
});

volumeLab('--volumes-from brings all that a container has mounted, read-only where asked', async (lab) => {
  writeFileSync(join(lab.folder, 'machine'), 'here\n');
  const { id } = await lab.service.create(
    exampleRequest(['true'], { hostConfig: { Binds: ['vv:/v', `${lab.folder}/machine:/m:ro`] } }),
    exampleImage,
  );
  const { stdout } = await lab.run(
    ['sh', '-c', 'cat /m; touch /v/x || echo refused; touch /own/x && echo own'],
    { hostConfig: { VolumesFrom: [`${id}:ro`], Binds: ['ww:/own'] } },
  );
  assert.equal(stdout, 'here\nrefused\nown\n');
  await lab.service.remove(id, { force: false });
});

volumeLab(
  'what a volume’s options name is mounted for the first and unmounted after the last',
  async (lab) => {
    const data = lab.create('data', tmpfs);
    const binds = { hostConfig: { Binds: ['data:/d'] } };
    const first = await lab.start(['sleep', '60'], binds);
    await lab.run(['touch', '/d/file'], binds);
    assert.deepEqual(await mountsIn(data), [data]);
    assert.deepEqual(readdirSync(data), ['file']);
    await lab.service.remove(first, { force: true });
    assert.deepEqual(await mountsIn(data), []);
    assert.deepEqual(readdirSync(join(lab.folder, 'run/volumes')), []);
    await lab.volumes.remove('data');
    assert.equal(existsSync(join(data, '..')), false);
  },
);

volumeLab('what a crash has left of a volume is taken away', async (lab) => {
  const data = lab.create('data', tmpfs);
  const id = await lab.start(['sleep', '60'], { hostConfig: { Binds: ['data:/d'] } });
  await lab.service.collect();
  assert.deepEqual(await mountsIn(data), [data], 'not while it is used');
  // As if its removal had died after the row was gone: nobody is left who would unmount.
  await lab.service.remove(id, { force: true });
  mount({ source: 'tmpfs', target: data, type: 'tmpfs' });
  mkdirSync(join(lab.folder, 'run/volumes/data'), { recursive: true });
  writeFileSync(join(lab.folder, 'run/volumes/data', id), '');
  mkdirSync(join(lab.folder, 'volumes/stray/_data'), { recursive: true });
  mkdirSync(join(lab.folder, 'volumes/.removed-1/_data'), { recursive: true });
  await lab.service.collect();
  assert.deepEqual(await mountsIn(data), []);
  assert.deepEqual(readdirSync(join(lab.folder, 'volumes')), ['data']);
});

volumeLab('removing a volume never deletes what is mounted in it', async (lab) => {
  const data = lab.create('data');
  mkdirSync(join(data, 'elsewhere'));
  mount({ source: 'tmpfs', target: join(data, 'elsewhere'), type: 'tmpfs' });
  try {
    writeFileSync(join(data, 'elsewhere/precious'), '');
    await assert.rejects(lab.volumes.remove('data'), { message: 'remove data: device or resource busy' });
    assert.ok(existsSync(join(data, 'elsewhere/precious')));
  } finally {
    umount(join(data, 'elsewhere'));
  }
  await lab.volumes.remove('data');
});

volumeLab('files and sockets are bound, and a directory that is missing is made by -v alone', async (lab) => {
  const { folder, run } = lab;
  const server = createServer((socket) => socket.end('from the machine\n')).listen(join(folder, 'socket'));
  await new Promise((resolve) => server.on('listening', resolve));
  try {
    const Binds = [`${folder}/socket:/s`, `${folder}/made/here:/made`];
    const { stdout } = await run(['sh', '-c', 'test -S /s && echo socket; test -d /made && echo folder'], {
      hostConfig: { Binds },
    });
    assert.equal(stdout, 'socket\nfolder\n');
  } finally {
    server.close();
  }
  const Mounts = [{ Type: 'bind' as const, Source: `${folder}/gone`, Target: '/x', ReadOnly: false }];
  mkdirSync(join(folder, 'gone'));
  const { id } = await lab.service.create(exampleRequest(['true'], { hostConfig: { Mounts } }), exampleImage);
  rmSync(join(folder, 'gone'), { recursive: true });
  await assert.rejects(lab.service.start(id), {
    message: `invalid mount config for type "bind": bind source path does not exist: ${folder}/gone`,
  });
});

volumeLab(
  'read-only is so in all that is mounted below, unless writable below was asked for',
  async (lab) => {
    const source = join(lab.folder, 'source');
    mkdirSync(join(source, 'below'), { recursive: true });
    mount({ source: 'tmpfs', target: join(source, 'below'), type: 'tmpfs' });
    try {
      const touch = [
        'sh',
        '-c',
        'touch /x/f 2>/dev/null && echo top; touch /x/below/f 2>/dev/null && echo below',
      ];
      const outcome = async (BindOptions: object): Promise<string> =>
        (
          await lab.run(touch, {
            hostConfig: {
              Mounts: [{ Type: 'bind', Source: source, Target: '/x', ReadOnly: true, BindOptions }],
            },
          })
        ).stdout;
      assert.equal(await outcome({}), '');
      assert.equal(await outcome({ ReadOnlyNonRecursive: true }), 'below\n');
      assert.equal(await outcome({ NonRecursive: true }), '');
    } finally {
      umount(join(source, 'below'));
    }
  },
);

volumeLab('a mount on the machine reaches a container that asks for it by rslave', async (lab) => {
  const source = join(lab.folder, 'source');
  mkdirSync(source);
  assert.equal(spawnSync('mount', ['--bind', source, source]).status, 0);
  try {
    assert.equal(spawnSync('mount', ['--make-shared', source]).status, 0);
    mkdirSync(join(source, 'later'));
    const id = await lab.start(['sleep', '60'], {
      hostConfig: { Binds: [`${source}:/slave:rslave`, `${source}:/private`] },
    });
    mount({ source: 'tmpfs', target: join(source, 'later'), type: 'tmpfs' });
    const { state } = await lab.service.find(id);
    const seen = (await readMountTable(state.pid ?? 0)).map(({ target }) => target);
    assert.deepEqual(
      seen.filter((target) => target.endsWith('/later')),
      ['/slave/later'],
    );
    umount(join(source, 'later'));
    await lab.service.remove(id, { force: true });
  } finally {
    umount(source);
  }
});

volumeLab('what cannot be mounted is refused in Docker’s words', async (lab) => {
  writeFileSync(join(lab.image, 'file'), '');
  const merged = String.raw`\S+/merged/file`;
  const refused = (hostConfig: object, config: object, message: RegExp): Promise<void> =>
    assert.rejects(lab.run(['true'], { hostConfig, config }), message);
  await refused({ Binds: ['data:/file'] }, {}, new RegExp(`source ${merged} is not directory`));
  await refused(
    {},
    { Volumes: ['/file'] },
    new RegExp(`cannot mount volume over existing file, file exists ${merged}`),
  );
  mount({ source: 'tmpfs', target: lab.create('own'), type: 'tmpfs' });
  const own = lab.volumes.dataFolder('own');
  try {
    assert.equal(spawnSync('mount', ['--make-private', own]).status, 0);
    mkdirSync(join(own, 'x'));
    const text = `path ${own}/x is mounted on ${own} but it is not a`;
    await refused({ Binds: [`${own}/x:/x:rshared`] }, {}, new RegExp(`${text} shared mount`));
    await refused({ Binds: [`${own}/x:/x:slave`] }, {}, new RegExp(`${text} shared or slave mount`));
  } finally {
    umount(own);
  }
});

volumeLab('a part of a volume or of an image is mounted alone', async (lab) => {
  mkdirSync(join(lab.image, 'usr/share'), { recursive: true });
  writeFileSync(join(lab.image, 'usr/share/page'), 'read me\n');
  const data = lab.create('data');
  mkdirSync(join(data, 'part'));
  writeFileSync(join(data, 'part/file'), 'in the volume\n');
  const request = exampleRequest(
    ['sh', '-c', 'cat /v/file /f /i/page; touch /i/x 2>/dev/null || echo refused'],
    {
      hostConfig: {
        Mounts: [
          {
            Type: 'volume',
            Source: 'data',
            Target: '/v',
            ReadOnly: false,
            VolumeOptions: { Subpath: 'part' },
          },
          {
            Type: 'volume',
            Source: 'data',
            Target: '/f',
            ReadOnly: true,
            VolumeOptions: { Subpath: 'part/file' },
          },
          {
            Type: 'image',
            Source: 'it',
            Target: '/i',
            ReadOnly: false,
            ImageOptions: { Subpath: 'usr/share' },
          },
        ],
      },
    },
  );
  const { id } = await lab.service.create(
    { ...request, mountedImages: [{ name: 'it', diffIds: [] }] },
    exampleImage,
  );
  await using streams = await lab.service.attach(id, { stdin: false, stdout: true, stderr: true });
  const ended = lab.service.wait(id, { condition: 'next-exit' });
  await lab.service.start(id);
  let text = '';
  for await (const { bytes } of streams.output) text += Buffer.from(bytes).toString();
  await ended;
  assert.equal(text, 'in the volume\nin the volume\nread me\nrefused\n');
  await lab.service.remove(id, { force: true });
  assert.deepEqual(readdirSync(join(lab.folder, 'run/mounts')), []);
  assert.deepEqual(await mountsIn(join(lab.folder, 'run')), []);
  renameSync(join(data, 'part'), join(data, 'other'));
  await assert.rejects(
    lab.run(['true'], { hostConfig: { Mounts: request.hostConfig.Mounts.slice(0, 1) } }),
    /^LamellaError: cannot access path .*\/_data\/part: lstat .*: no such file or directory$/,
  );
});
