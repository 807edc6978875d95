import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { type TestContext } from 'node:test';
import { openLab, type ContainerLab } from '../support/containers.ts';

function lab(name: string, action: (lab: ContainerLab, t: TestContext) => Promise<void>): void {
  void test(name, { timeout: 120_000 }, async (t) => {
    const opened = await openLab(t);
    if (opened === undefined) return;
    await using _ = opened;
    await action(opened, t);
  });
}

lab('attack 41: no descriptor of the machine is open in a container', async ({ run }) => {
  const { stdout } = await run(['ls', '/proc/self/fd']);
  assert.equal(stdout, '0\n1\n2\n3\n');
  const shown = await run(['sh', '-c', 'for f in /proc/1/fd/*; do readlink $f; done']);
  assert.doesNotMatch(shown.stdout, /lamella|cgroup|\/run|\/var/);
});

lab('attack 41: a working directory cannot lead out of the container', async ({ run, image }) => {
  await assert.rejects(run(['true'], { config: { WorkingDir: '/proc/self/fd/9' } }), /working directory/);
  symlinkSync('/proc/self/fd/7', join(image, 'way-out'));
  const outcome = await run(['ls', '..'], { config: { WorkingDir: '/way-out' } }).catch((error: unknown) =>
    String(error),
  );
  assert.ok(typeof outcome === 'string' || outcome.exitCode !== 0 || !outcome.stdout.includes('lost+found'));
});

lab('masked and read-only places are so', async ({ run }) => {
  const { stdout } = await run([
    'sh',
    '-c',
    'cat /proc/kcore 2>/dev/null | wc -c; ls /sys/firmware | wc -l; echo 1 2>/dev/null > /proc/sys/kernel/panic || echo refused; mount -t tmpfs x /tmp 2>/dev/null || echo refused',
  ]);
  assert.equal(stdout, '0\n0\nrefused\nrefused\n');
});

lab('attack 25: an /etc/passwd that is a FIFO is refused at once', async ({ run, image }) => {
  rmSync(join(image, 'etc/passwd'));
  assert.equal(spawnSync('mkfifo', [join(image, 'etc/passwd')]).status, 0);
  await assert.rejects(run(['true']), /\/etc\/passwd of the container is not a regular file/);
});

lab(
  'attack 25: an /etc/passwd that points at the machine’s is read inside the container',
  async ({ run, image, folder }) => {
    rmSync(join(image, 'etc/passwd'));
    writeFileSync(join(folder, 'secret'), 'intruder:x:1234:1234::/:/bin/sh\n');
    symlinkSync(`../../../../../../../..${folder}/secret`, join(image, 'etc/passwd'));
    await assert.rejects(run(['true'], { config: { User: 'intruder' } }), /unable to find user intruder/);
  },
);

lab('attack 37: a number that the image’s passwd gives to root is refused', async ({ run, image }) => {
  writeFileSync(join(image, 'etc/passwd'), '4294967296:x:0:0:root:/root:/bin/sh\n');
  await assert.rejects(run(['true'], { config: { User: '4294967296' } }), /uids and gids must be in range/);
});

lab('attack 36: labels and variables mean nothing to the machine', async ({ run, folder }) => {
  const trap = join(folder, 'trap');
  const { exitCode } = await run(['true'], {
    config: {
      Env: [`LD_PRELOAD=${trap}`, '_LIBCONTAINER_STATEDIR=/', 'LISTEN_FDS=1', `HOOK=$(touch ${trap})`],
      Labels: { 'run.oci.hooks': `touch ${trap}`, 'org.systemd.property.X': 'true', x: `$(touch ${trap})` },
    },
  });
  assert.equal(exitCode, 0);
  assert.ok(!existsSync(trap));
});

lab(
  'attack 39: mount points that are symlinks in the image stay in the container',
  async ({ run, image, folder }) => {
    const outside = join(folder, 'outside');
    mkdirSync(outside);
    symlinkSync(outside, join(image, 'data'));
    rmSync(join(image, 'etc/hosts'), { force: true });
    symlinkSync(join(outside, 'hosts'), join(image, 'etc/hosts'));
    writeFileSync(join(folder, 'mine'), 'mine');
    const { stdout } = await run(['cat', '/data/mine'], {
      hostConfig: { Binds: [`${folder}/mine:/data/mine`] },
    });
    assert.equal(stdout, 'mine');
    assert.ok(!existsSync(join(outside, 'mine')));
    assert.ok(!existsSync(join(outside, 'hosts')));
    assert.equal(readFileSync(join(folder, 'mine'), 'utf8'), 'mine');
  },
);

lab(
  'directories nested deeper than a path can name are measured, and go with their container',
  async (opened) => {
    const { service, start, folder } = opened;
    const name = 'd'.repeat(200);
    const script = `i=0; while [ $i -lt 40 ]; do mkdir ${name} && cd -P ${name} || exit 1; i=$((i+1)); done; echo innermost > f`;
    const id = await start(['sh', '-c', script]);
    const { exitCode } = await service.wait(id, { condition: 'not-running' });
    assert.equal(exitCode, 0);
    const [{ SizeRw } = {}] = await service.list({ all: true, filters: {}, limit: 0, size: true });
    assert.equal(SizeRw, 'innermost\n'.length);
    await service.remove(id, { force: false });
    assert.ok(!existsSync(join(folder, 'containers', id)));
  },
);
