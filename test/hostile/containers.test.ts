import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import test, { type TestContext } from 'node:test';
import { completeExec } from '../../src/engine/complete-request.ts';
import type { ExecRequest } from '../../src/runtime/exec.ts';
import { openLab, type ContainerLab } from '../support/containers.ts';

function lab(name: string, action: (lab: ContainerLab, t: TestContext) => Promise<void>): void {
  void test(name, { timeout: 120_000 }, async (t) => {
    const opened = await openLab(t);
    if (opened === undefined) return;
    await using _ = opened;
    await action(opened, t);
  });
}

/** Runs a command in a running container and gives what it prints. */
async function execIn(
  { service }: ContainerLab,
  id: string,
  request: Partial<ExecRequest>,
): Promise<{ exitCode: number; stdout: string }> {
  const whole = completeExec({ command: ['true'], ...request });
  await using exec = await service.exec(id, whole);
  let stdout = '';
  for await (const { stream, bytes } of exec.output) {
    if (stream === 'stdout') stdout += Buffer.from(bytes).toString('latin1');
  }
  return { exitCode: await exec.exitCode, stdout };
}

lab('attack 41: no descriptor of the machine is open in a container', async ({ run }) => {
  const { stdout } = await run(['ls', '/proc/self/fd']);
  assert.equal(stdout, '0\n1\n2\n3\n');
  const shown = await run(['sh', '-c', 'for f in /proc/1/fd/*; do readlink $f; done']);
  assert.doesNotMatch(shown.stdout, /lamella|cgroup|\/run|\/var/);
});

lab(
  'attack 41: exec brings no descriptor of the machine either, and no working directory leads out',
  async (opened) => {
    const { start } = opened;
    const id = await start(['sleep', '1000']);
    assert.equal((await execIn(opened, id, { command: ['ls', '/proc/self/fd'] })).stdout, '0\n1\n2\n3\n');
    for (const workingDir of ['/proc/self/fd/9', '/proc/1/root', '/proc/thread-self/cwd/..']) {
      await assert.rejects(
        execIn(opened, id, { command: ['ls'], workingDir }),
        /working directory/,
        workingDir,
      );
    }
  },
);

lab('attack 24: a device node that an image brings opens nothing', async ({ run, image }) => {
  // Major 7 are loop devices, which any machine may have.
  assert.equal(spawnSync('mknod', [join(image, 'disk'), 'b', '7', '0']).status, 0);
  assert.equal(spawnSync('mknod', [join(image, 'kernel-log'), 'c', '1', '11']).status, 0);
  const script = 'for each in /disk /kernel-log; do (cat <$each >/dev/null) 2>&1; done';
  const { stdout } = await run(['sh', '-c', script]);
  assert.match(stdout, /^.*\/disk: Operation not permitted\n.*\/kernel-log: Operation not permitted\n$/);
});

lab('attack 37: neither numbers beyond the kernel’s nor below zero are anybody', async ({ run }) => {
  const range = /uids and gids must be in range 0-2147483647/;
  for (const User of [
    '2147483648',
    '4294967295',
    '4294967296',
    '-1',
    '0:4294967296',
    '18446744073709551616',
  ]) {
    await assert.rejects(run(['true'], { config: { User } }), range, User);
  }
  await assert.rejects(run(['true'], { hostConfig: { GroupAdd: ['4294967296'] } }), range);
});

lab(
  'attack 53: a container’s sockets are in a folder that only root may enter, and none is abstract',
  async (opened) => {
    const { start, folder, run } = opened;
    const id = await start(['sleep', '1000']);
    const bundle = join(folder, 'run/containers', id);
    assert.equal(statSync(bundle).mode & 0o777, 0o700);
    const sockets = readdirSync(bundle, { withFileTypes: true }).filter((entry) => entry.isSocket());
    assert.ok(sockets.length > 0);
    const config = statSync(join(bundle, 'config.json'));
    assert.equal(config.mode & 0o077, 0);
    // A container with the machine's network sees all abstract sockets of the machine.
    const { stdout } = await run(['cat', '/proc/net/unix'], { hostConfig: { NetworkMode: 'host' } });
    assert.doesNotMatch(stdout, /@.*(lamella|conmon)/);
    const asOther = spawnSync('ls', [bundle], { uid: 65_534, gid: 65_534, encoding: 'utf8' });
    assert.notEqual(asOther.status, 0);
  },
);

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
