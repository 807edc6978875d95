import assert from 'node:assert/strict';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import test from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { completeExec } from '../../src/engine/complete-request.ts';
import { openLab, type ContainerLab } from '../support/containers.ts';

function lab(name: string, action: (lab: ContainerLab) => Promise<void>): void {
  void test(name, { timeout: 120_000 }, async (t) => {
    const opened = await openLab(t);
    if (opened === undefined) return;
    await using _ = opened;
    await action(opened);
  });
}

/** Writes a line to a file of its own, twenty times a second. */
const ticking = ['sh', '-c', 'trap "exit 7" TERM; while :; do echo x >> /ticks; sleep 0.05; done'];

/** How much it has written. */
function ticks({ folder }: ContainerLab, id: string): number {
  const path = join(folder, 'containers', id, 'upper/ticks');
  return existsSync(path) ? statSync(path).size : 0;
}

async function untilTicking(opened: ContainerLab, id: string): Promise<void> {
  const before = ticks(opened, id);
  for (let round = 0; ticks(opened, id) <= before; round += 1) {
    assert.ok(round < 400, 'it goes on');
    await delay(25);
  }
}

async function standsStill(opened: ContainerLab, id: string): Promise<void> {
  const before = ticks(opened, id);
  await delay(300);
  assert.equal(ticks(opened, id), before);
}

lab('a paused container stands still, says so, refuses what needs it, and goes on', async (opened) => {
  const { service, start } = opened;
  const id = await start(ticking);
  await untilTicking(opened, id);
  await service.pause(id);
  await standsStill(opened, id);
  assert.partialDeepStrictEqual(await service.inspect(id), {
    State: { Status: 'paused', Running: true, Paused: true },
  });
  const options = { all: false, filters: { status: ['paused'] }, limit: 0, size: false };
  const [shown] = await service.list(options);
  assert.equal(shown?.State, 'paused');
  assert.match(shown?.Status ?? '', /^Up .* \(Paused\)$/);

  const exec = completeExec({ command: ['true'] });
  await assert.rejects(service.pause(id), { message: `Container ${id} is already paused` });
  await assert.rejects(service.exec(id, exec), /is paused, unpause the container before exec$/);
  await assert.rejects(service.start(id), {
    message: 'cannot start a paused container, try unpause instead',
  });
  await assert.rejects(service.attach(id, { stdin: false, stdout: true, stderr: true }), {
    message: 'You cannot attach to a paused container, unpause it first',
  });
  await assert.rejects(
    service.remove(id, { force: false }),
    /: container is paused and must be unpaused first$/,
  );

  // A command that pauses it too, as commit does, does not let it go on.
  await service.whilePaused(id, () => Promise.resolve());
  await standsStill(opened, id);
  await service.unpause(id);
  await untilTicking(opened, id);
  await assert.rejects(service.unpause(id), { message: `Container ${id} is not paused` });
});

lab('a paused container can be stopped and killed, and removed by force', async (opened) => {
  const { service, start } = opened;
  const id = await start(ticking);
  await untilTicking(opened, id);
  await service.pause(id);
  await service.stop(id, { signal: undefined, timeout: 20 });
  assert.equal((await service.find(id)).state.exitCode, 7);

  await service.start(id);
  await service.pause(id);
  await service.kill(id, { signal: 'KILL' });
  assert.equal((await service.find(id)).state.exitCode, 137);

  await service.start(id);
  await service.pause(id);
  await service.remove(id, { force: true });
  await assert.rejects(service.inspect(id), /No such container/);
});

lab('who waits for a container that is removed by force is told how it ended', async ({ service, start }) => {
  for (let round = 0; round < 3; round += 1) {
    const id = await start(['sleep', '1000']);
    const waited = [1, 2, 3].map(() => service.wait(id, { condition: 'not-running' }));
    await service.pause(id);
    await service.remove(id, { force: true });
    for (const { exitCode } of await Promise.all(waited)) assert.equal(exitCode, 137);
  }
});

lab(
  'an update reaches the control groups of a running container, and stays for the next start',
  async (opened) => {
    const { service, start } = opened;
    const id = await start(['sleep', '1000'], { hostConfig: { Memory: 32 << 20 } });
    const limit = async (): Promise<number | undefined> => (await service.stats(id)).memory_stats.limit;
    assert.equal(await limit(), 32 << 20);
    await service.update(id, { Memory: 48 << 20, MemorySwap: 96 << 20, PidsLimit: 20 });
    assert.equal(await limit(), 48 << 20);
    assert.equal((await service.stats(id)).pids_stats.limit, 20);
    await service.update(id, { PidsLimit: -1 });
    assert.equal((await service.stats(id)).pids_stats.limit, undefined);
    await assert.rejects(service.update(id, { Memory: 512 << 20 }), {
      message:
        `Cannot update container ${id}: Memory limit should be smaller than already set memoryswap limit, ` +
        'update the memoryswap at the same time',
    });
    await assert.rejects(service.update(id, { Memory: 1 << 20 }), {
      message: 'Minimum memory limit allowed is 6MB',
    });
    assert.equal(await limit(), 48 << 20);

    await service.kill(id, { signal: 'KILL' });
    await service.update(id, { Memory: 24 << 20, RestartPolicy: { Name: 'always', MaximumRetryCount: 0 } });
    assert.partialDeepStrictEqual(await service.inspect(id), {
      HostConfig: { Memory: 24 << 20, RestartPolicy: { Name: 'always', MaximumRetryCount: 0 } },
    });
    await service.start(id);
    assert.equal(await limit(), 24 << 20);
  },
);

lab(
  'top shows the container’s processes and no others, with the columns of ps',
  async ({ service, start }) => {
    const id = await start(['sh', '-c', 'sleep 1000 & exec sleep 2000']);
    const { state } = await service.find(id);
    await delay(100);
    const { Titles, Processes } = await service.top(id, '');
    assert.deepEqual(Titles, ['UID', 'PID', 'PPID', 'C', 'STIME', 'TTY', 'TIME', 'CMD']);
    assert.deepEqual(
      Processes.map((cells) => cells.at(-1) ?? '').toSorted((a, b) => (a < b ? -1 : 1)),
      ['sleep 1000', 'sleep 2000'],
    );
    const chosen = await service.top(id, '-o pid,args');
    assert.deepEqual(chosen.Titles, ['PID', 'COMMAND']);
    assert.ok(chosen.Processes.some(([pid]) => pid === String(state.pid)));
    await assert.rejects(service.top(id, '--zzz'), /unknown gnu long option/);
    await service.kill(id, { signal: 'KILL' });
    await assert.rejects(service.top(id, ''), { message: `container ${id} is not running` });
  },
);

lab('stats counts what a container takes', async ({ service, start }) => {
  const id = await start(['sh', '-c', 'sleep 1000 & while :; do :; done']);
  const first = await service.stats(id);
  await delay(500);
  const second = await service.stats(id);
  const used = second.cpu_stats.cpu_usage.total_usage - first.cpu_stats.cpu_usage.total_usage;
  const passed = (second.cpu_stats.system_cpu_usage ?? 0) - (first.cpu_stats.system_cpu_usage ?? 0);
  assert.ok(used > 0 && used <= passed * 1.2, `${used} of ${passed} ns`);
  assert.ok((second.pids_stats.current ?? 0) >= 2);
  assert.ok((second.memory_stats.usage ?? 0) > 0);
  assert.equal(second.memory_stats.limit, totalMemory());
  await service.kill(id, { signal: 'KILL' });
  assert.equal((await service.stats(id)).cpu_stats.cpu_usage.total_usage, 0);
});

/** Bytes. */
function totalMemory(): number {
  return Number(/^MemTotal:\s*(\d+)/.exec(readFileSync('/proc/meminfo', 'utf8'))?.[1]) * 1024;
}
