import { connect } from 'node:net';
import { createSocket } from 'node:dgram';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { messageOf } from '../../src/base/errors.ts';
import { openDatabase } from '../../src/db/database.ts';
import { migrations } from '../../src/db/schema.ts';
import { openNetworkDevices } from '../../src/linux/network-devices.ts';
import { hasTable } from '../../src/linux/nftables.ts';
import type { NetworkRequest } from '../../src/networks/create-network.ts';
import type { Network } from '../../src/networks/network.ts';
import { createNetworks, type Networks } from '../../src/networks/networks.ts';
import { findNetworkProgram, runProgram } from '../../src/networks/run-program.ts';
import { storeKey, tableName } from '../../src/networks/store-key.ts';
import { openLab, type ContainerLab } from './containers.ts';

/** Containers and networks of the test's own; both go with it. */
export interface NetworkLab extends AsyncDisposable {
  readonly lab: ContainerLab;
  readonly networks: Networks;
  readonly create: (name: string, changes?: Partial<NetworkRequest>) => Promise<Network>;
  /** Rules of this lab's store, as nft(8) shows them. */
  readonly rules: () => Promise<string>;
  /** Names of the devices at this end of running containers' connections with the network. */
  readonly ports: (network: Network) => string[];
}

/** @returns undefined after the test was skipped because this machine cannot have such networks */
export async function openNetworkLab(t: TestContext): Promise<NetworkLab | undefined> {
  const reason = whyNoNetworks();
  if (reason !== undefined) {
    t.skip(reason);
    return undefined;
  }
  const lab = await openLab(t);
  if (lab === undefined) return undefined;
  const db = openDatabase(join(lab.folder, 'lamella.db'), migrations);
  const folders = { root: lab.folder, run: join(lab.folder, 'run') };
  const networks = createNetworks({ db, folders, record: () => {} });
  return {
    lab,
    networks,
    create: (name, changes = {}) => networks.service.create({ ...plainNetwork(name), ...changes }),
    rules: () => runProgram('nft', ['list', 'table', 'inet', tableName(storeKey(lab.folder))]),
    ports(network) {
      using devices = openNetworkDevices();
      return devices
        .list()
        .map(({ name }) => name)
        .filter((name) => name.startsWith(`v${network.id.slice(0, 6)}`));
    },
    async [Symbol.asyncDispose]() {
      for (const { id } of await lab.service.refresh()) await lab.service.remove(id, { force: true });
      await networks.service.prune(() => true);
      db.close();
      // The lab's folder is what its default network belongs to.
      await lab[Symbol.asyncDispose]();
    },
  };
}

function plainNetwork(name: string): NetworkRequest {
  return {
    name,
    driver: 'bridge',
    internal: false,
    attachable: false,
    ipv6: false,
    subnets: [],
    options: {},
    labels: {},
  };
}

/** Why this machine cannot have bridged networks, tried out. */
function whyNoNetworks(): string | undefined {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return 'networks need root on Linux';
  if (findNetworkProgram('nft') === undefined) return 'needs nft (apt install nftables)';
  const name = `lmtry${process.pid}`.slice(0, 15);
  try {
    hasTable('lamella-try');
    using devices = openNetworkDevices();
    devices.addBridge({ name, mtu: undefined, mac: Buffer.of(2, 0x42, 0, 0, 0, 1) });
    devices.remove(name);
    return undefined;
  } catch (error) {
    return `this kernel makes no bridges, or has no nftables: ${messageOf(error)}`;
  }
}

/** What a TCP server says to who connects and says nothing; the error's code where nobody answers within a second. */
export function askTcp(host: string, port: number): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect({ host, port, timeout: 2000 });
    let text = '';
    socket.on('data', (piece: Buffer) => (text += piece.toString()));
    socket.on('timeout', () => socket.destroy(new Error('timeout')));
    socket.on('error', (error) => resolve('code' in error ? String(error.code) : error.message));
    socket.on('end', () => {
      socket.destroy();
      resolve(text.trim());
    });
  });
}

export function askUdp(host: string, port: number): Promise<string> {
  return new Promise((resolve) => {
    const socket = createSocket('udp4');
    const timer = setTimeout(() => finish('timeout'), 2000);
    const finish = (answer: string): void => {
      clearTimeout(timer);
      socket.close();
      resolve(answer);
    };
    socket.on('message', (message) => finish(message.toString().trim()));
    socket.send('ask\n', port, host);
  });
}

/** A server in a container that says the word to whoever connects. */
export function tcpServer(word: string, port = 80): string[] {
  return ['busybox', 'nc', '-ll', '-p', String(port), '-e', '/bin/echo', word];
}

/** A command in a container that prints what a server says. */
export function tcpClient(host: string, port: number): string[] {
  return ['busybox', 'nc', '-w', '1', host, String(port)];
}
