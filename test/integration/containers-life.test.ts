import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { type TestContext } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { completeExec } from '../../src/engine/complete-request.ts';
import { isLamellaError } from '../../src/base/errors.ts';
import { openDatabase } from '../../src/db/database.ts';
import { migrations } from '../../src/db/schema.ts';
import type { ExecRequest } from '../../src/runtime/exec.ts';
import type { LogOptions } from '../../src/runtime/logs/read-logs.ts';
import { openLab, workerCommand, type ContainerLab } from '../support/containers.ts';
import { exampleImage, exampleRequest } from '../support/container-request.ts';

function lab(name: string, action: (lab: ContainerLab, t: TestContext) => Promise<void>): void {
  void test(name, { timeout: 120_000 }, async (t) => {
    const opened = await openLab(t);
    if (opened === undefined) return;
    await using _ = opened;
    await action(opened, t);
  });
}

/** A shell that tells when it is ready and ends with 5 on SIGTERM. */
const patient = ['sh', '-c', 'trap "echo bye; exit 5" TERM; echo ready; while true; do sleep 0.05; done'];

async function logsOf(
  { service }: ContainerLab,
  id: string,
  options: Partial<LogOptions> = {},
): Promise<string> {
  let text = '';
  const pieces = service.logs(id, {
    follow: false,
    timestamps: false,
    since: undefined,
    until: undefined,
    tail: Infinity,
    ...options,
  });
  for await (const { stream, bytes } of pieces) {
    text += `${stream === 'stderr' ? '!' : ''}${Buffer.from(bytes).toString()}`;
  }
  return text;
}

async function startReady(lab: ContainerLab, command: readonly string[] = patient): Promise<string> {
  const id = await lab.start(command);
  while (!(await logsOf(lab, id)).includes('ready')) await delay(20);
  return id;
}

async function until(condition: () => Promise<boolean> | boolean): Promise<void> {
  const end = Date.now() + 30_000;
  while (!(await condition())) {
    if (Date.now() > end) throw new Error('it has not come to pass in 30 s');
    await delay(20);
  }
}

lab('stop asks first, and a container that listens ends as it likes', async (lab) => {
  const id = await startReady(lab);
  await lab.service.stop(id, { signal: undefined, timeout: undefined });
  const { status, state } = await lab.service.find(id);
  assert.equal(status, 'exited');
  assert.equal(state.exitCode, 5);
  assert.equal(await logsOf(lab, id), 'ready\nbye\n');
});

lab('stop kills what does not listen when the time is up', async (lab) => {
  const id = await startReady(lab, ['sh', '-c', 'trap "" TERM; echo ready; while true; do sleep 0.05; done']);
  const begin = performance.now();
  await lab.service.stop(id, { signal: undefined, timeout: 1 });
  assert.ok(performance.now() - begin >= 990);
  assert.equal((await lab.service.find(id)).state.exitCode, 137);
});

lab('a container can be started again and keeps what it wrote', async (lab) => {
  const id = await lab.start(['sh', '-c', 'echo run >> /runs; cat /runs']);
  await lab.service.wait(id, { condition: 'not-running' });
  await lab.service.start(id);
  await lab.service.wait(id, { condition: 'not-running' });
  assert.equal(await logsOf(lab, id), 'run\nrun\nrun\n');
});

lab('logs can be followed to the end of the container', async (lab) => {
  const id = await startReady(lab);
  const followed = logsOf(lab, id, { follow: true });
  await lab.service.stop(id, { signal: undefined, timeout: undefined });
  assert.equal(await followed, 'ready\nbye\n');
});

lab('a running container is not removed but by force', async (lab) => {
  const id = await startReady(lab);
  await assert.rejects(
    lab.service.remove(id, { force: false }),
    (error) =>
      isLamellaError(error, 'conflict') &&
      /^cannot remove container ".+": container is running: stop the container before removing or force remove$/.test(
        error.message,
      ),
  );
  await lab.service.remove(id, { force: true });
  await assert.rejects(lab.service.find(id), /No such container/);
  assert.ok(!existsSync(lab.service.paths(id).folder));
  assert.ok(!existsSync(lab.service.paths(id).bundle));
  assert.ok(!readFileSync('/proc/self/mountinfo', 'utf8').includes(id));
});

lab('kill wants a container that runs and a signal that exists', async (lab) => {
  const { id } = await lab.service.create(exampleRequest(patient, { name: 'quiet' }), exampleImage);
  await assert.rejects(lab.service.kill('quiet', { signal: 'KILL' }), {
    message: `cannot kill container: quiet: container ${id} is not running`,
  });
  await lab.service.start(id);
  await assert.rejects(lab.service.kill('quiet', { signal: 'XX' }), {
    message: 'cannot kill container: quiet: invalid signal: XX',
  });
  await lab.service.kill('quiet', { signal: '9' });
  assert.equal((await lab.service.find('quiet')).state.exitCode, 137);
});

async function execIn(
  { service }: ContainerLab,
  id: string,
  changes: Partial<ExecRequest>,
  input?: string,
): Promise<string> {
  const running = await service.exec(
    id,
    completeExec({ command: [], stdin: input !== undefined, ...changes }),
  );
  if (input !== undefined) {
    await running.write(Buffer.from(input));
    await running.closeInput();
  }
  let text = '';
  for await (const { stream, bytes } of running.output) {
    text += `${stream === 'stderr' ? '!' : ''}${Buffer.from(bytes).toString()}`;
  }
  return `${text}${await running.exitCode}`;
}

lab('exec runs another process in the container, with streams and exit code of its own', async (lab) => {
  const id = await startReady(lab);
  assert.equal(await execIn(lab, id, { command: ['sh', '-c', 'echo out; exit 7'] }), 'out\n7');
  assert.equal(await execIn(lab, id, { command: ['sh', '-c', 'echo err >&2'] }), '!err\n0');
  assert.equal(await execIn(lab, id, { command: ['cat'] }, 'through'), 'through0');
  assert.equal(await execIn(lab, id, { command: ['sh', '-c', 'kill -9 $$'] }), '137');
  assert.equal(
    await execIn(lab, id, {
      command: ['sh', '-c', 'id -u; pwd; echo $X $HOME'],
      user: 'www',
      workingDir: '/tmp',
      env: ['X=1'],
    }),
    '33\n/tmp\n1 /var/www\n0',
  );
  const terminal = { tty: true, consoleSize: [30, 90] as const };
  assert.equal(await execIn(lab, id, { command: ['busybox', 'stty', 'size'], ...terminal }), '30 90\r\n0');
  assert.equal(await execIn(lab, id, { command: ['touch', '/made'], detach: true }), '0');
  await until(() => existsSync(join(lab.service.paths(id).upper, 'made')));
});

lab('exec tells in Docker’s words what it cannot run', async (lab) => {
  const id = await startReady(lab);
  await assert.rejects(
    execIn(lab, id, { command: ['nope'] }),
    (error) =>
      isLamellaError(error) &&
      error.code === 'command-not-found' &&
      /^OCI runtime exec failed: exec failed: .*exec: "nope": executable file not found in \$PATH/.test(
        error.message,
      ),
  );
  await lab.service.kill(id, { signal: 'KILL' });
  await assert.rejects(execIn(lab, id, { command: ['true'] }), { message: `container ${id} is not running` });
});

lab('a container outlives whoever started it, and its end is recorded without anybody', async (lab) => {
  const { id } = await lab.service.create(exampleRequest(['sh', '-c', 'sleep 1; exit 6']), exampleImage);
  const holder = spawn(process.execPath, workerCommand(lab.folder, 'hold', id), {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await once(holder.stdout, 'data');
  holder.kill('SIGKILL');
  await once(holder, 'exit');
  assert.equal((await lab.service.find(id)).status, 'running');
  // Nobody asks meanwhile: the bundle goes when conmon's command has cleared up.
  await until(() => !existsSync(lab.service.paths(id).bundle));
  const { status, state } = await lab.service.find(id);
  assert.equal(status, 'exited');
  assert.equal(state.exitCode, 6);
});

lab('a container whose conmon was killed is found ended, with an exit code that says so', async (lab) => {
  const id = await startReady(lab);
  const { state } = await lab.service.find(id);
  process.kill(Number(state.monitor?.split('/')[2]), 'SIGKILL');
  process.kill(state.pid ?? 0, 'SIGKILL');
  await until(async () => (await lab.service.find(id)).status === 'exited');
  const ended = (await lab.service.find(id)).state;
  assert.equal(ended.exitCode, 255);
  assert.match(ended.error ?? '', /not known/);
  await lab.service.start(id);
  assert.equal((await lab.service.find(id)).status, 'running');
});

lab('what a starter that died has left does not keep a container from starting', async (lab) => {
  // conmon and the runtime that it has started go on for a while, however far they are.
  for (const time of [0, 10, 30, 60, 100, 150]) {
    const { id } = await lab.service.create(exampleRequest(patient), exampleImage);
    const holder = spawn(process.execPath, workerCommand(lab.folder, 'hold', id), { stdio: 'ignore' });
    await until(() => existsSync(join(lab.service.paths(id).bundle, 'config.json')));
    await delay(time);
    holder.kill('SIGKILL');
    await once(holder, 'exit');
    await lab.service.start(id);
    assert.equal((await lab.service.find(id)).status, 'running', `killed after ${time} ms`);
    await lab.service.remove(id, { force: true });
    assert.ok(!readFileSync('/proc/self/mountinfo', 'utf8').includes(id));
  }
});

lab('several processes may start and stop one container at the same time', async (lab) => {
  const { id } = await lab.service.create(exampleRequest(['sleep', '60']), exampleImage);
  const workers = Array.from({ length: 3 }, () =>
    spawn(process.execPath, workerCommand(lab.folder, 'hammer', id, '4'), {
      stdio: ['ignore', 'ignore', 'inherit'],
    }),
  );
  for (const [code] of await Promise.all(workers.map((worker) => once(worker, 'exit'))))
    assert.equal(code, 0);
  await lab.service.remove(id, { force: true });
  assert.ok(!existsSync(lab.service.paths(id).folder));
  assert.ok(!readFileSync('/proc/self/mountinfo', 'utf8').includes(id));
});

lab('what a crash has left of a container that is not in the database is collected', async (lab) => {
  const id = await startReady(lab);
  const kept = await lab.start(['true']);
  const { pid = 0 } = (await lab.service.find(id)).state;
  const paths = lab.service.paths(id);
  const db = openDatabase(join(lab.folder, 'lamella.db'), migrations);
  db.run('DELETE FROM containers WHERE id = ?', id);
  db.close();
  const drafts = [`${paths.folder}.${process.pid}`, `${paths.folder}.4194305`] as const;
  for (const draft of drafts) mkdirSync(draft);
  await lab.service.collect();
  assert.deepEqual(
    drafts.map((draft) => existsSync(draft)),
    [true, false],
    'only the draft of a process that lives stays',
  );
  assert.ok(existsSync(paths.folder), 'its maker lives: it could be one that is just being made');
  writeFileSync(paths.owner, 'dead');
  await lab.service.collect();
  assert.ok(!existsSync(paths.folder));
  assert.ok(!existsSync(paths.bundle));
  assert.ok(!existsSync(`/proc/${pid}/root/bin`));
  assert.ok(existsSync(lab.service.paths(kept).folder));
});

lab('prune leaves what another process has made and is about to start, until that has ended', async (lab) => {
  const maker = spawn(process.execPath, workerCommand(lab.folder, 'create'), {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const [line] = (await once(maker.stdout, 'data')) as [Buffer];
  const id = line.toString().trim();
  const { id: own } = await lab.service.create(exampleRequest(['true']), exampleImage);
  assert.deepEqual((await lab.service.prune({ filters: {} })).removed, [own]);
  assert.equal((await lab.service.find(id)).status, 'created');
  maker.stdin.end();
  await once(maker, 'exit');
  assert.deepEqual((await lab.service.prune({ filters: {} })).removed, [id]);
});
