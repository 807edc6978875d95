import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'node:test';
import { completeExec } from '../../src/engine/complete-request.ts';
import { forEachAtOnce } from '../../src/base/for-each-at-once.ts';
import { openNetworkLab, type NetworkLab } from '../support/networks.ts';

/** 200 are what is promised; so many take minutes, and a few dozen find the same mistakes. */
const count = Number(process.env['LAMELLA_TEST_CONTAINERS'] ?? 24);
const atOnce = 20;

/** Everything of the machine that a container of this store could leave behind. */
async function traces({ lab, rules, networks }: NetworkLab, ids: readonly string[]): Promise<string[]> {
  const own = (text: string): boolean => text.includes(lab.folder) || ids.some((id) => text.includes(id));
  const mounts = readFileSync('/proc/self/mounts', 'utf8').split('\n').filter(own);
  const processes = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .map((pid) => commandLine(pid))
    .filter(own);
  const groups = ids.flatMap((id) =>
    ['memory', 'pids', 'systemd', 'unified', ''].map((name) => join('/sys/fs/cgroup', name, 'lamella', id)),
  );
  const folders = ['containers', 'run/containers', 'run/oci', 'run/mounts'].flatMap((name) =>
    existsSync(join(lab.folder, name)) ? readdirSync(join(lab.folder, name)) : [],
  );
  const addresses = ids.flatMap((id) => networks.containers.live(id).map(() => `endpoint of ${id}`));
  const forwarded = (await rules())
    .split('\n')
    .filter((line) => /dnat|map \{/.test(line) && /\d+\.\d+\.\d+\.\d+ \. /.test(line));
  return [
    ...mounts,
    ...processes,
    ...groups.filter((path) => existsSync(path)),
    ...folders,
    ...addresses,
    ...forwarded,
  ];
}

function commandLine(pid: string): string {
  try {
    return readFileSync(join('/proc', pid, 'cmdline'), 'utf8').replaceAll('\0', ' ');
  } catch {
    return '';
  }
}

test(`${count} containers that are started, used and removed side by side leave nothing behind`, async (t) => {
  const opened = await openNetworkLab(t);
  if (opened === undefined) return;
  await using network = opened;
  const { lab } = network;
  const ids: string[] = [];
  const numbers = Array.from({ length: count }, (_, index) => index);

  await forEachAtOnce(
    numbers,
    async (number) => {
      const id = await lab.start(['sh', '-c', `echo ${number}; exec sleep 1000`], {
        name: `many-${number}`,
        hostConfig: {
          NetworkMode: 'default',
          Memory: 32 << 20,
          PortBindings: { '80/tcp': [{ HostIp: '', HostPort: '' }] },
        },
      });
      ids.push(id);
      const { exitCode } = await run(network, id, ['sh', '-c', `test -f /etc/hosts && exit ${number % 100}`]);
      assert.equal(exitCode, number % 100);
    },
    { atOnce },
  );

  const running = (await lab.service.refresh()).filter(({ status }) => status === 'running');
  assert.equal(running.length, count);
  const addresses = ids.flatMap((id) =>
    network.networks.containers.live(id).map(({ endpoint }) => endpoint.ipv4),
  );
  assert.equal(new Set(addresses).size, count, 'every one has an address of its own');

  await forEachAtOnce(
    ids,
    async (id) => {
      await lab.service.remove(id, { force: true });
    },
    { atOnce },
  );
  assert.deepEqual(await lab.service.refresh(), []);
  assert.deepEqual(await traces(network, ids), []);
});

async function run(
  { lab }: NetworkLab,
  id: string,
  command: readonly string[],
): Promise<{ exitCode: number }> {
  const exec = await lab.service.exec(id, completeExec({ command }));
  for await (const _ of exec.output);
  return { exitCode: await exec.exitCode };
}
