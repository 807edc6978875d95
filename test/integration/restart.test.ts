import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { type TestContext } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { completeExec } from '../../src/engine/complete-request.ts';
import { openDatabase } from '../../src/db/database.ts';
import { isOwnerAlive, isPidAlive } from '../../src/db/process-owner.ts';
import { migrations } from '../../src/db/schema.ts';
import { createContainerStore } from '../../src/runtime/container-store.ts';
import type { RestartPolicy } from '../../src/runtime/host-config.ts';
import type { Container } from '../../src/runtime/types.ts';
import { openLab, untilContainer, type ContainerLab } from '../support/containers.ts';

function lab(name: string, action: (lab: ContainerLab, t: TestContext) => Promise<void>): void {
  void test(name, { timeout: 60_000 }, async (t) => {
    const opened = await openLab(t);
    if (opened === undefined) return;
    await using _ = opened;
    await action(opened, t);
  });
}

function startWith(
  { start }: ContainerLab,
  command: string,
  Name: RestartPolicy['Name'],
  MaximumRetryCount = 0,
): Promise<string> {
  return start(['sh', '-c', command], { hostConfig: { RestartPolicy: { Name, MaximumRetryCount } } });
}

/** One that has failed and waits for as long as it would after many failures: `pause` milliseconds. */
async function startWaiting(lab: ContainerLab, pause = 60_000): Promise<Container> {
  const id = await startWith(lab, 'while [ ! -e /fail ]; do sleep 0.02; done; rm /fail; exit 5', 'always');
  using db = openDatabase(join(lab.folder, 'lamella.db'), migrations);
  createContainerStore(db).change(id, ({ status, state }) => ({
    status,
    state: { ...state, restartPause: pause / 2 },
  }));
  writeFileSync(join(lab.service.paths(id).merged, 'fail'), '');
  // Whoever will start it has told that it is there when it is no longer conmon.
  const { state } = await lab.service.find(id);
  return await untilContainer(
    lab,
    id,
    (found) => found.status === 'restarting' && found.state.monitor !== state.monitor,
  );
}

async function logsOf({ service }: ContainerLab, id: string): Promise<string> {
  let text = '';
  const options = { follow: false, timestamps: false, since: undefined, until: undefined, tail: Infinity };
  for await (const { bytes } of service.logs(id, options)) text += Buffer.from(bytes).toString();
  return text;
}

const noOptions = { signal: undefined, timeout: undefined };

lab('a container that fails is started again as often as its policy says', async (lab) => {
  const id = await startWith(lab, 'echo hi; exit 4', 'on-failure', 2);
  const { state } = await untilContainer(lab, id, ({ status }) => status === 'exited');
  assert.equal(state.restartCount, 2);
  assert.equal(state.exitCode, 4);
  assert.equal(await logsOf(lab, id), 'hi\nhi\nhi\n');
  const success = await startWith(lab, 'true', 'on-failure', 2);
  await untilContainer(lab, success, ({ status }) => status === 'exited');
  await delay(300);
  assert.equal((await lab.service.find(success)).status, 'exited');
});

lab('who waits for such a container is told of its first end', async (lab) => {
  const id = await startWith(lab, 'sleep 0.3; exit 4', 'always');
  const { exitCode } = await lab.service.wait(id, { condition: 'not-running' });
  assert.equal(exitCode, 4);
});

lab('one that waits for its restart can be stopped, and is not started then', async (lab) => {
  const { id } = await startWaiting(lab);
  const waited = lab.service.wait(id, { condition: 'not-running' });
  await lab.service.stop(id, noOptions);
  const { status, state } = await lab.service.find(id);
  assert.equal(status, 'exited');
  assert.equal(state.exitCode, 5);
  assert.equal((await waited).exitCode, 5);
  await delay(200);
  assert.equal((await lab.service.find(id)).state.startedAt, state.startedAt);
});

lab('one that waits for its restart can be started at once, which begins the count anew', async (lab) => {
  const { id, state } = await startWaiting(lab);
  await lab.service.start(id);
  const started = await lab.service.find(id);
  assert.ok((started.state.startedAt ?? 0) > (state.startedAt ?? 0));
  assert.equal(started.status, 'running');
  assert.equal(started.state.restartCount, undefined);
});

lab('one that waits for its restart is removed by force only, and leaves no process', async (lab) => {
  const { id, state } = await startWaiting(lab);
  await assert.rejects(lab.service.remove(id, { force: false }), {
    message: /^cannot remove container ".*": container is running: stop the container/,
  });
  await assert.rejects(lab.service.exec(id, { ...execRequest }), {
    message: `Container ${id} is restarting, wait until the container is running`,
  });
  await lab.service.remove(id, { force: true });
  const pid = Number(state.monitor?.split('/')[2]);
  for (let count = 0; count < 100 && isPidAlive(pid); count += 1) await delay(50);
  assert.equal(isPidAlive(pid), false);
});

lab('a container that a person has stopped or killed stays so', async (lab) => {
  const id = await startWith(lab, 'exec sleep 100', 'unless-stopped');
  await lab.service.kill(id, { signal: 'KILL' });
  assert.equal((await lab.service.find(id)).status, 'exited');
  await lab.service.start(id);
  await lab.service.stop(id, { signal: 'KILL', timeout: 5 });
  await delay(400);
  const { status, state } = await lab.service.find(id);
  assert.equal(status, 'exited');
  assert.equal(state.stoppedByHand, true);
});

lab('when what would start it again is killed, the next command that looks makes it good', async (lab) => {
  const { id, state } = await startWaiting(lab, 1000);
  process.kill(Number(state.monitor?.split('/')[2]), 'SIGKILL');
  const { state: now } = await untilContainer(
    lab,
    id,
    (found) => (found.state.startedAt ?? 0) > (state.startedAt ?? 0),
  );
  assert.equal(now.restartCount, 1);
});

lab('a container that dies with its conmon is started again by the next command that looks', async (lab) => {
  const id = await startWith(lab, 'exec sleep 100', 'always');
  const { state } = await lab.service.find(id);
  process.kill(Number(state.monitor?.split('/')[2]), 'SIGKILL');
  process.kill(state.pid ?? 0, 'SIGKILL');
  const found = await untilContainer(
    lab,
    id,
    ({ status, state: now }) => status === 'running' && now.pid !== state.pid,
  );
  assert.equal(found.state.restartCount, 1);
});

lab('after a boot runs what ran, and what is always to run', async (lab) => {
  const { service } = lab;
  const start = (Name: RestartPolicy['Name']): Promise<string> =>
    lab.start(['sleep', '100'], {
      config: { StopSignal: 'SIGKILL' },
      hostConfig: { RestartPolicy: { Name, MaximumRetryCount: 0 } },
    });
  const [plain, ran, always, stopped] = [
    await start('no'),
    await start('unless-stopped'),
    await start('always'),
    await start('unless-stopped'),
  ];
  await service.stop(always, { signal: 'KILL', timeout: 5 });
  await service.stop(stopped, { signal: 'KILL', timeout: 5 });
  // A machine that stops without notice leaves neither container nor conmon, and no note of that.
  for (const id of [plain, ran]) {
    const { state } = await service.find(id);
    process.kill(Number(state.monitor?.split('/')[2]), 'SIGKILL');
    process.kill(state.pid ?? 0, 'SIGKILL');
    while (isOwnerAlive(state.process ?? '') || isOwnerAlive(state.monitor ?? '')) await delay(10);
  }
  const names = async (...ids: string[]): Promise<string[]> =>
    (await Promise.all(ids.map(async (id) => (await service.find(id)).name))).toSorted();
  assert.deepEqual((await service.startWanted()).done.toSorted(), await names(ran, always));
  for (const id of [ran, always]) assert.equal((await service.find(id)).status, 'running');
  for (const id of [plain, stopped]) assert.equal((await service.find(id)).status, 'exited');

  // One that is shut down in good order stops them, and their policies hold on.
  const quick = (id: string): Promise<void> => service.kill(id, { signal: 'KILL' });
  await quick(always);
  assert.deepEqual((await service.stopForShutdown()).done, await names(ran));
  assert.equal((await service.find(ran)).status, 'exited');
  assert.deepEqual((await service.startWanted()).done.toSorted(), await names(ran, always));
});

const execRequest = completeExec({ command: ['true'] });
