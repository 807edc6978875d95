import assert from 'node:assert/strict';
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { type TestContext } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { openDatabase } from '../../src/db/database.ts';
import { migrations } from '../../src/db/schema.ts';
import { readEvents } from '../../src/events/read-events.ts';
import type { Healthcheck } from '../../src/oci/container-config.ts';
import { openLab, untilContainer, type ContainerLab } from '../support/containers.ts';

function lab(name: string, action: (lab: ContainerLab, t: TestContext) => Promise<void>): void {
  void test(name, { timeout: 60_000 }, async (t) => {
    const opened = await openLab(t);
    if (opened === undefined) return;
    await using _ = opened;
    await action(opened, t);
  });
}

const milliseconds = 1e6;
const isFileThere: Healthcheck = {
  Test: ['CMD-SHELL', 'echo "$0 looked"; echo warned >&2; test ! -e /bad'],
  Interval: 150 * milliseconds,
  Retries: 2,
};

function startChecked({ start }: ContainerLab, Healthcheck: Healthcheck): Promise<string> {
  return start(['sleep', '100'], { config: { Healthcheck } });
}

async function statusOf({ service }: ContainerLab, id: string): Promise<string> {
  const [row] = await service.list({ all: true, filters: { id: [id] }, limit: 0, size: false });
  return row?.Status ?? '';
}

/** Processes that check the health of the lab's containers. */
function keepers({ folder }: ContainerLab): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => {
      try {
        const words = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
        return words.includes(folder) && words.includes('keep');
      } catch {
        return false;
      }
    });
}

lab('a container becomes healthy, unhealthy and healthy again, and tells so', async (lab) => {
  const id = await startChecked(lab, isFileThere);
  assert.match(await statusOf(lab, id), /^Up .* \(health: starting\)$/);
  const { health } = await untilContainer(lab, id, (found) => found.health?.status === 'healthy');
  assert.deepEqual(health?.log.map(({ exitCode }) => exitCode).at(-1), 0);
  assert.deepEqual(health?.log.at(-1)?.output.split('\n').toSorted(), ['', '/bin/sh looked', 'warned']);
  assert.match(await statusOf(lab, id), /^Up .* \(healthy\)$/);

  const bad = join(lab.service.paths(id).merged, 'bad');
  writeFileSync(bad, '');
  const sick = await untilContainer(lab, id, (found) => found.health?.status === 'unhealthy');
  assert.ok((sick.health?.failingStreak ?? 0) >= 2);
  const listed = await lab.service.list({
    all: false,
    filters: { health: ['unhealthy'] },
    limit: 0,
    size: false,
  });
  assert.deepEqual(
    listed.map(({ Id }) => Id),
    [id],
  );
  rmSync(bad);
  await untilContainer(lab, id, (found) => found.health?.status === 'healthy');

  await lab.service.stop(id, { signal: 'KILL', timeout: 5 });
  const { State } = (await lab.service.inspect(id)) as {
    State: { Health: { Status: string; Log: unknown[] } };
  };
  assert.equal(State.Health.Status, 'unhealthy');
  assert.ok(State.Health.Log.length > 0 && State.Health.Log.length <= 5);
  assert.match(await statusOf(lab, id), /^Exited \(137\)/);

  using db = openDatabase(join(lab.folder, 'lamella.db'), migrations);
  const told: string[] = [];
  const filters = { event: ['health_status'], container: [id] };
  for await (const { action } of readEvents(db, { since: 0, until: Date.now(), filters })) told.push(action);
  assert.deepEqual(told, ['health_status: healthy', 'health_status: unhealthy', 'health_status: healthy']);
});

lab('a check that takes too long is ended with all that it has started', async (lab) => {
  const id = await startChecked(lab, {
    Test: ['CMD-SHELL', 'echo begun; sleep 77 & sleep 77'],
    Interval: 100 * milliseconds,
    Timeout: 1500 * milliseconds,
    Retries: 1,
  });
  const { health } = await untilContainer(lab, id, (found) => (found.health?.log.length ?? 0) > 0);
  assert.equal(health?.status, 'unhealthy');
  assert.equal(health.log[0]?.exitCode, -1);
  assert.equal(health.log[0].output, 'Health check exceeded timeout (1.5s): begun\n');
  await lab.service.kill(id, { signal: 'KILL' });
  assert.deepEqual(sleepersFor(77), []);
});

/** Processes that sleep for so many seconds. */
function sleepersFor(seconds: number): string[] {
  return readdirSync('/proc').filter((name) => {
    try {
      return readFileSync(`/proc/${name}/cmdline`, 'utf8') === `sleep\0${seconds}\0`;
    } catch {
      return false;
    }
  });
}

lab('a check that cannot be started is a failure that says why', async (lab) => {
  const id = await startChecked(lab, { Test: ['CMD', '/nosuch'], Interval: 100 * milliseconds, Retries: 1 });
  const { health } = await untilContainer(lab, id, (found) => found.health?.status === 'unhealthy');
  assert.match(health?.log[0]?.output ?? '', /^OCI runtime exec failed: .*\/nosuch.*no such file/);
});

lab(
  'one keeper checks all containers, is replaced when it was killed, and ends with the last',
  async (lab) => {
    const [one, two] = [await startChecked(lab, isFileThere), await startChecked(lab, isFileThere)];
    for (const id of [one, two]) await untilContainer(lab, id, (found) => found.health?.status === 'healthy');
    const [keeper, ...others] = keepers(lab);
    assert.deepEqual(others, []);
    process.kill(keeper ?? 0, 'SIGKILL');
    const before = Date.now();
    for (const id of [one, two]) {
      await untilContainer(lab, id, (found) => (found.health?.log.at(-1)?.start ?? 0) > before);
    }
    assert.equal(keepers(lab).length, 1);
    await lab.service.remove(one, { force: true });
    await lab.service.kill(two, { signal: 'KILL' });
    for (let count = 0; count < 100 && keepers(lab).length > 0; count += 1) await delay(50);
    assert.deepEqual(keepers(lab), []);
  },
);

lab('a container without a health check costs no keeper', async (lab) => {
  const id = await startChecked(lab, { Test: ['NONE'] });
  const plain = await lab.start(['sleep', '100']);
  assert.equal((await lab.service.find(id)).health, undefined);
  assert.equal((await lab.service.find(plain)).health, undefined);
  assert.deepEqual(keepers(lab), []);
});
