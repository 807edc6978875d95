import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { networkInterfaces } from 'node:os';
import test from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { isLamellaError } from '../../src/base/errors.ts';
import { openNetworkNamespace } from '../../src/linux/network-namespace.ts';
import { findNetworkProgram } from '../../src/networks/run-program.ts';
import { noWishes } from '../../src/networks/endpoint.ts';
import { networkedContainer } from '../../src/runtime/container-network.ts';
import { workerCommand } from '../support/containers.ts';
import { exampleImage, exampleRequest } from '../support/container-request.ts';
import {
  askTcp,
  askUdp,
  openNetworkLab,
  tcpClient,
  tcpServer,
  type NetworkLab,
} from '../support/networks.ts';

const onBridge = { NetworkMode: 'default' } as const;

/** A server takes a moment from its start until it listens. */
async function eventually(ask: () => Promise<string>, wanted: string): Promise<void> {
  let answer = await ask();
  for (let attempt = 0; answer !== wanted && attempt < 50; attempt += 1) {
    await delay(50);
    answer = await ask();
  }
  assert.equal(answer, wanted);
}

function addressOf({ networks }: NetworkLab, id: string): string {
  return networks.containers.live(id)[0]?.endpoint.ipv4 ?? '';
}

/** A process of the machine in a container's network, which answers each datagram with `word`. */
async function udpServer(pid: number, word: string): Promise<ChildProcess> {
  using namespace = openNetworkNamespace(`/proc/${pid}/ns/net`);
  const code = `const s = require('node:dgram').createSocket('udp4');
    s.on('message', (_, { port, address }) => s.send('${word}', port, address));
    s.bind(53, () => process.stdout.write('ready'));`;
  const child = namespace.run(() =>
    spawn(process.execPath, ['-e', code], { stdio: ['ignore', 'pipe', 'inherit'] }),
  );
  await once(child.stdout as NodeJS.ReadableStream, 'data');
  return child;
}

test('published ports lead to a container from wherever one asks, and nothing of them stays', async (t) => {
  const opened = await openNetworkLab(t);
  if (opened === undefined) return;
  await using network = opened;
  const { lab } = network;
  const id = await lab.start(tcpServer('hello'), {
    name: 'web',
    hostConfig: {
      ...onBridge,
      PortBindings: {
        '80/tcp': [
          { HostIp: '', HostPort: '38080' },
          { HostIp: '127.0.0.1', HostPort: '38081' },
        ],
        '53/udp': [{ HostIp: '', HostPort: '38053' }],
      },
    },
  });
  const others = Object.values(networkInterfaces())
    .flatMap((addresses) => addresses ?? [])
    .filter(({ family, internal }) => family === 'IPv4' && !internal)
    .map(({ address }) => address);
  assert.ok(others.length > 0);
  for (const address of ['127.0.0.1', 'localhost', ...others]) {
    await eventually(() => askTcp(address, 38080), 'hello');
  }
  assert.equal(await askTcp('127.0.0.1', 38081), 'hello');
  for (const address of others) assert.equal(await askTcp(address, 38081), 'ECONNREFUSED');

  const { state } = await lab.service.find(id);
  const server = await udpServer(state.pid ?? 0, 'hello');
  try {
    assert.equal(await askUdp('127.0.0.1', 38053), 'hello');
    assert.equal(await askUdp(others[0] ?? '', 38053), 'hello');
  } finally {
    server.kill('SIGKILL');
  }
  // From a container to the machine, and so to itself or its neighbour.
  const asked = await lab.run(tcpClient(others[0] ?? '', 38080), { hostConfig: onBridge });
  assert.equal(asked.stdout.trim(), 'hello');
  const self = await lab.run(tcpClient(others[0] ?? '', 38080), {
    hostConfig: { NetworkMode: `container:${id}` },
  });
  assert.equal(self.stdout.trim(), 'hello');

  await lab.service.remove(id, { force: true });
  assert.deepEqual(network.networks.endpoints.ports(), []);
  assert.doesNotMatch(await network.rules(), /38080|38081|38053/);
  await eventually(() => askTcp('127.0.0.1', 38080), 'ECONNREFUSED');
});

test('a port that somebody has is refused in the words of Docker, and the container holds nothing', async (t) => {
  const opened = await openNetworkLab(t);
  if (opened === undefined) return;
  await using network = opened;
  const { service } = network.lab;
  const server = createServer().listen(38090, '0.0.0.0');
  await once(server, 'listening');
  t.after(() => server.close());
  const publish = (port: string): Parameters<typeof exampleRequest>[1] => ({
    hostConfig: { ...onBridge, PortBindings: { '80/tcp': [{ HostIp: '', HostPort: port }] } },
  });
  const holder = await network.lab.start(['sleep', '600'], publish('38091'));
  const refused = async (port: string, reason: string): Promise<void> => {
    const { id } = await service.create(exampleRequest(['true'], publish(port)), exampleImage);
    const { name } = await service.find(id);
    await assert.rejects(service.start(id), (error) => {
      assert.ok(isLamellaError(error, 'conflict'));
      assert.match(
        error.message,
        new RegExp(
          `^failed to set up container networking: driver failed programming external connectivity on endpoint ${name} \\([0-9a-f]{64}\\): ${reason}$`,
        ),
      );
      return true;
    });
    assert.deepEqual(network.networks.containers.live(id), []);
    assert.equal((await service.find(id)).status, 'created');
  };
  await refused('38091', 'Bind for 0.0.0.0:38091 failed: port is already allocated');
  await refused('38090', 'failed to bind host port for 0.0.0.0:38090:[0-9.]+:80/tcp: address already in use');
  assert.equal(network.networks.endpoints.ports().length, 1);
  // One of several is enough.
  const { id } = await service.create(exampleRequest(['true'], publish('38090-38092')), exampleImage);
  await service.start(id);
  await service.remove(holder, { force: true });
});

test('networks do not see each other, and an internal one sees nothing else', async (t) => {
  const opened = await openNetworkLab(t);
  if (opened === undefined) return;
  await using network = opened;
  const { lab, create } = network;
  await create('one');
  await create('two');
  await create('inside', { internal: true });
  const web = await lab.start(tcpServer('hello'), {
    hostConfig: { NetworkMode: 'one', PortBindings: { '80/tcp': [{ HostIp: '', HostPort: '38070' }] } },
  });
  const address = addressOf(network, web);
  const from = async (mode: string, host: string, port: number): Promise<string> =>
    (await lab.run(tcpClient(host, port), { hostConfig: { NetworkMode: mode } })).stdout.trim();
  await eventually(() => askTcp(address, 80), 'hello');
  assert.equal(await from('one', address, 80), 'hello');
  assert.equal(await from('two', address, 80), '');
  assert.equal(await from('inside', address, 80), '');
  const gateway = network.networks.service.inspect('two').network.spec.subnets[0]?.Gateway ?? '';
  assert.equal(await from('two', gateway, 38070), 'hello');
  const routes = await lab.run(['busybox', 'ip', 'route'], { hostConfig: { NetworkMode: 'inside' } });
  assert.doesNotMatch(routes.stdout, /default/);
});

test('where containers are not to reach each other they do not, and are reached from the machine all the same', async (t) => {
  const opened = await openNetworkLab(t);
  if (opened === undefined) return;
  await using network = opened;
  const { lab, create } = network;
  await create('apart', { options: { 'com.docker.network.bridge.enable_icc': 'false' } });
  const hostConfig = { NetworkMode: 'apart' };
  const address = addressOf(network, await lab.start(tcpServer('hello'), { hostConfig }));
  await eventually(() => askTcp(address, 80), 'hello');
  assert.equal((await lab.run(tcpClient(address, 80), { hostConfig })).stdout.trim(), '');
});

test('containers are known by their names, aliases and IDs, as long as they run', async (t) => {
  if (findNetworkProgram('aardvark-dns') === undefined) {
    t.skip('needs aardvark-dns (apt install aardvark-dns)');
    return;
  }
  const opened = await openNetworkLab(t);
  if (opened === undefined) return;
  await using network = opened;
  const { lab, create, networks } = network;
  await create('names');
  const second = await create('second');
  const { service } = lab;
  const created = await service.create(
    {
      ...exampleRequest(tcpServer('hello'), { name: 'web', hostConfig: { NetworkMode: 'names' } }),
      endpoints: { names: { ...noWishes, Aliases: ['www'] } },
    },
    exampleImage,
  );
  await service.start(created.id);
  const client = await lab.start(['sleep', '600'], { name: 'client', hostConfig: { NetworkMode: 'names' } });
  const lookUp = async (name: string): Promise<string> => {
    const { stdout } = await lab.run(['busybox', 'nslookup', name], {
      hostConfig: { NetworkMode: `container:${client}` },
    });
    return /Name:\t\S+\nAddress: ([0-9.]+)/.exec(stdout)?.[1] ?? '';
  };
  const address = addressOf(network, created.id);
  for (const name of ['web', 'www', created.id.slice(0, 12)]) await eventually(() => lookUp(name), address);
  // A container that is connected while it runs is found, and finds.
  const other = await lab.start(['sleep', '600'], { name: 'other', hostConfig: { NetworkMode: 'second' } });
  const connect = async (id: string): Promise<void> => {
    const container = await service.find(id);
    const { pid = 0, process = '' } = container.state;
    await networks.service.connect('second', { ...networkedContainer(container), pid, process }, noWishes);
    await service.networkChanged(id);
  };
  await connect(client);
  const there = networks.containers.live(other)[0]?.endpoint.ipv4 ?? '';
  await eventually(() => lookUp('other'), there);
  assert.equal(network.ports(second).length, 2);
  await service.remove(created.id, { force: true });
  await eventually(() => lookUp('web'), '');
});

test('containers that several processes start at once get an address each, and leave nothing', async (t) => {
  const opened = await openNetworkLab(t);
  if (opened === undefined) return;
  await using network = opened;
  const { lab, create, networks } = network;
  const { service } = lab;
  const many = await create('many');
  const ids: string[] = [];
  for (let number = 0; number < 6; number += 1) {
    const request = exampleRequest(['sleep', '600'], { hostConfig: { NetworkMode: 'many' } });
    ids.push((await service.create(request, exampleImage)).id);
  }
  const workers = ids.map((id) => spawn(process.execPath, workerCommand(lab.folder, 'hold', id)));
  await Promise.all(workers.map((worker) => once(worker.stdout, 'data')));
  const addresses = ids.map((id) => addressOf(network, id));
  assert.equal(new Set(addresses).size, ids.length);
  assert.equal(network.ports(many).length, ids.length);
  await Promise.all(ids.map((id) => service.remove(id, { force: true })));
  assert.deepEqual(networks.endpoints.onNetwork(many.id), []);
  await eventually(() => Promise.resolve(String(network.ports(many).length)), '0');
  for (const worker of workers) worker.kill('SIGKILL');
});

test('what a starter that was killed has taken is free with the next command', async (t) => {
  const opened = await openNetworkLab(t);
  if (opened === undefined) return;
  await using network = opened;
  const { lab, create, networks } = network;
  const { service } = lab;
  const killed = await create('killed');
  const request = exampleRequest(['sleep', '600'], {
    hostConfig: { NetworkMode: 'killed', PortBindings: { '80/tcp': [{ HostIp: '', HostPort: '38060' }] } },
  });
  const { id } = await service.create(request, exampleImage);
  const worker = spawn(process.execPath, workerCommand(lab.folder, 'hold', id), { stdio: 'ignore' });
  while (networks.containers.live(id).length === 0) await delay(1);
  worker.kill('SIGKILL');
  await once(worker, 'exit');
  await service.refresh();
  if ((await service.find(id)).status === 'running') await service.remove(id, { force: true });
  assert.deepEqual(networks.endpoints.onNetwork(killed.id), []);
  assert.deepEqual(networks.endpoints.ports(), []);
  await service.refresh();
  if ((await service.refresh()).some((container) => container.id === id)) {
    await service.start(id);
    assert.equal(network.ports(killed).length, 1);
  }
});
