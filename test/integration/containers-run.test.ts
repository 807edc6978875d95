import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { type TestContext } from 'node:test';
import { isLamellaError } from '../../src/base/errors.ts';
import { openLab, type ContainerLab } from '../support/containers.ts';
import { exampleImage, exampleRequest } from '../support/container-request.ts';

/** A test in a lab of its own. */
function lab(name: string, action: (lab: ContainerLab, t: TestContext) => Promise<void>): void {
  void test(name, { timeout: 120_000 }, async (t) => {
    const opened = await openLab(t);
    if (opened === undefined) return;
    await using _ = opened;
    await action(opened, t);
  });
}

lab('a container’s output comes on two streams, and its exit code with it', async ({ run }) => {
  assert.deepEqual(await run(['sh', '-c', 'echo out; echo err >&2; exit 3']), {
    exitCode: 3,
    stdout: 'out\n',
    stderr: 'err\n',
  });
});

lab('what goes in comes out again, and the end of input is passed on', async ({ run }) => {
  const input = Buffer.alloc(3_000_000, 'lamella\n');
  const { stdout } = await run(['cat'], { input });
  assert.equal(
    createHash('sha256').update(stdout, 'latin1').digest('hex'),
    createHash('sha256').update(input).digest('hex'),
  );
});

lab('no byte of a fast producer is lost or changes its place', async ({ service, folder }) => {
  const size = 200_000_000;
  const { id } = await service.create(
    exampleRequest(['sh', '-c', `yes 0123456789abcdefghijklmnopqrstuvwxyz | busybox head -c ${size}`]),
    exampleImage,
  );
  await using streams = await service.attach(id, { stdin: false, stdout: true, stderr: true });
  const ended = service.wait(id, { condition: 'next-exit' });
  await service.start(id);
  const hash = createHash('sha256');
  let seen = 0;
  for await (const { bytes } of streams.output) {
    seen += bytes.byteLength;
    hash.update(bytes);
  }
  const line = Buffer.from('0123456789abcdefghijklmnopqrstuvwxyz\n');
  const expected = Buffer.alloc(size, line);
  assert.equal(seen, size);
  assert.equal(hash.digest('hex'), createHash('sha256').update(expected).digest('hex'));
  assert.deepEqual(await ended, { exitCode: 0 });
  assert.ok(existsSync(folder));
});

lab('a program that is missing counts as 127, one that cannot be run as 126', async ({ service }) => {
  for (const [program, code, exitCode, words] of [
    [
      'nope',
      'command-not-found',
      127,
      /OCI runtime create failed: .*exec: "nope": executable file not found in \$PATH/,
    ],
    ['/no/such', 'command-not-found', 127, /exec: "\/no\/such": stat \/no\/such: no such file or directory/],
    ['/etc/passwd', 'command-not-executable', 126, /exec: "\/etc\/passwd": permission denied/],
  ] as const) {
    const { id } = await service.create(exampleRequest([program]), exampleImage);
    await assert.rejects(
      service.start(id),
      (error) => isLamellaError(error) && error.code === code && words.test(error.message),
    );
    const { status, state } = await service.find(id);
    assert.equal(status, 'created');
    assert.equal(state.exitCode, exitCode);
    assert.match(state.error ?? '', words);
  }
});

lab(
  'a container that is to be removed at its end is, also when it could not start',
  async ({ service, start, folder }) => {
    const { id } = await service.create(
      exampleRequest(['nope'], { hostConfig: { AutoRemove: true } }),
      exampleImage,
    );
    await assert.rejects(service.start(id));
    await assert.rejects(service.find(id), (error) => isLamellaError(error, 'not-found'));
    const other = await start(['sh', '-c', 'exit 4'], { hostConfig: { AutoRemove: true } });
    await service.wait(other, { condition: 'removed' }).catch(() => {});
    assert.deepEqual(readdirSync(join(folder, 'containers')), []);
  },
);

lab('user, directory, environment and host name are as asked for', async ({ run }) => {
  const { stdout } = await run(['sh', '-c', 'id; pwd; echo $A $HOME; cat /etc/hostname; busybox hostname'], {
    config: { User: 'www', WorkingDir: '/srv/made', Env: ['A=1'], Hostname: 'box' },
  });
  assert.equal(stdout, 'uid=33(www) gid=33(www) groups=33(www),44(extra)\n/srv/made\n1 /var/www\nbox\nbox\n');
});

lab('a terminal is one, starts in the size it is given and takes another', async ({ service }) => {
  const request = {
    ...exampleRequest(['sh', '-c', 'busybox stty size; read x; busybox stty size; busybox tty'], {
      config: { Tty: true, OpenStdin: true, StdinOnce: true },
    }),
    consoleSize: [31, 91] as const,
  };
  const { id } = await service.create(request, exampleImage);
  await using streams = await service.attach(id, { stdin: true, stdout: true, stderr: true });
  const ended = service.wait(id, { condition: 'next-exit' });
  await service.start(id);
  let text = '';
  let resized = false;
  for await (const { stream, bytes } of streams.output) {
    assert.equal(stream, 'stdout');
    text += Buffer.from(bytes).toString();
    if (resized || !text.includes('31 91')) continue;
    resized = true;
    await streams.resize({ rows: 40, columns: 100 });
    await streams.write(Buffer.from('go\n'));
  }
  await ended;
  assert.match(text, /31 91\r\n(go\r\n)?40 100\r\n\/dev\/pts\/0\r\n/);
});

lab('binds, tmpfs and a read-only root do what they say', async ({ run, folder }) => {
  writeFileSync(join(folder, 'file'), 'from the machine');
  const made = join(folder, 'made/by/bind');
  const { stdout, exitCode } = await run(
    ['sh', '-c', 'cat /f; touch /d/new; touch /t/x && echo tmpfs; touch /r/x || touch /x || echo refused'],
    {
      hostConfig: {
        ReadonlyRootfs: true,
        Binds: [`${folder}/file:/f`, `${made}:/d`, `${folder}:/r:ro,z`],
        Tmpfs: { '/t': 'size=1m' },
      },
    },
  ).catch((error: unknown) => assert.fail(String(error)));
  assert.equal(stdout, 'from the machinetmpfs\nrefused\n');
  assert.equal(exitCode, 0);
  assert.deepEqual(readdirSync(made), ['new']);
});

lab('without a network there is a loopback device that is up', async ({ run }) => {
  const { stdout } = await run(['sh', '-c', 'ls /sys/class/net; cat /sys/class/net/lo/flags'], {
    hostConfig: { NetworkMode: 'none' },
  });
  assert.equal(stdout, 'lo\n0x9\n');
  const shared = await run(['ls', '/sys/class/net'], { hostConfig: { NetworkMode: 'host' } });
  assert.deepEqual(new Set(shared.stdout.trim().split('\n')), new Set(readdirSync('/sys/class/net')));
});

lab('only what the container writes is in its own layer', async ({ service, start }) => {
  const id = await start(['sh', '-c', 'echo mine > /etc/mine']);
  await service.wait(id, { condition: 'not-running' });
  const { upper } = service.paths(id);
  assert.deepEqual(new Set<unknown>(readdirSync(upper, { recursive: true })), new Set(['etc', 'etc/mine']));
  assert.equal(readFileSync(join(upper, 'etc/mine'), 'utf8'), 'mine\n');
});

lab('a limit of memory ends what wants more, and inspect tells why', async ({ service, start }) => {
  const id = await start(['sh', '-c', 'x=a; while true; do x=$x$x; done'], {
    hostConfig: { Memory: 16 << 20 },
  });
  const { exitCode } = await service.wait(id, { condition: 'not-running' });
  assert.equal(exitCode, 137);
  const { State } = await service.inspect(id);
  assert.equal((State as { OOMKilled: boolean }).OOMKilled, true);
});
