import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { LamellaError, systemErrorCode } from '../base/errors.ts';
import type { Database } from '../db/database.ts';
import { lockFile } from '../linux/flock.ts';
import { openNetworkDevices, type NetworkDevices } from '../linux/network-devices.ts';
import { hasTable } from '../linux/nftables.ts';
import { freeSubnet } from './address-pools.ts';
import type { EndpointStore } from './endpoint-store.ts';
import { allowForwarding, removeForwarding } from './forwarding.ts';
import { fromBytes, overlaps, parsePrefix, type Prefix } from './ip.ts';
import { bridgeName, bytesOf, gatewayAddress, mtuOf, subnetOf, type Network } from './network.ts';
import type { NetworkStore } from './network-store.ts';
import { ruleset } from './rules.ts';
import { bridgeAlias, readBridgeAlias, storeKey, tableName } from './store-key.ts';
import { removeStrays } from './strays.ts';
import { demandProgram, runProgram } from './run-program.ts';

export interface NetworkFolders {
  /** Of the store: names it. */
  readonly root: string;
  /** Of what ends with the boot. */
  readonly run: string;
}

/** The networks as the kernel has them: a bridge device for each, and one table of rules for all. */
export interface Bridges {
  /**
   * Makes whatever of the network is missing on the machine: usually nothing, which is found out in a millisecond.
   *
   * @returns the network with its subnet, and the bridge's index
   */
  ensure(network: Network): Promise<{ network: Network; index: number }>;
  /** Has the kernel's rules say what the database says. */
  applyRules(): Promise<void>;
  /** Takes away the device of a network whose row is gone, and its rules. */
  remove(network: Network): Promise<void>;
  /** Takes away the devices of networks that are not in the database: what crashes have left. */
  sweep(): Promise<void>;
  /** What a new subnet must not overlap: the other networks' and the machine's own. */
  taken(): Prefix[];
}

export function createBridges({
  db,
  folders,
  networks,
  endpoints,
}: {
  db: Database;
  folders: NetworkFolders;
  networks: NetworkStore;
  endpoints: EndpointStore;
}): Bridges {
  const key = storeKey(folders.root);
  const table = tableName(key);
  const aliasOf = ({ id }: Network): string => bridgeAlias(folders.root, id);

  function present(network: Network): number | undefined {
    if (network.spec.subnets.length === 0) return undefined;
    using devices = openNetworkDevices();
    const device = devices.find(bridgeName(network));
    if (device === undefined || !device.isUp || device.alias !== aliasOf(network)) return undefined;
    return hasTable(table) && forwards() ? device.index : undefined;
  }

  async function ensure(asked: Network): Promise<{ network: Network; index: number }> {
    const index = present(asked);
    if (index !== undefined) return { network: asked, index };
    demandProgram('nft');
    // Others, with other stores, look for a free subnet too.
    await using _ = await lockMachine();
    await removeStrays();
    const network = withSubnet(networks.get(asked.id) ?? asked);
    const made = present(network);
    if (made !== undefined) return { network, index: made };
    await applyRules();
    return { network, index: await make(network) };
  }

  /** The default network gets its subnet when it is first needed, and another one where somebody has that meanwhile. */
  function withSubnet(network: Network): Network {
    const { spec } = network;
    using devices = openNetworkDevices();
    const own = subnetOf(spec, 4);
    const isThere = devices.find(bridgeName(network))?.alias === aliasOf(network);
    if (isThere && own !== undefined) return network;
    // Of an earlier store at the same place.
    if (isThere) devices.remove(bridgeName(network));
    const prefix = own === undefined ? undefined : parsePrefix(own.Subnet);
    const isTaken = prefix !== undefined && machinePrefixes(devices).some((other) => overlaps(other, prefix));
    if (prefix !== undefined && !isTaken) return network;
    if (network.name !== 'bridge') {
      throw new LamellaError(
        'conflict',
        `cannot create network ${network.id} (${bridgeName(network)}): conflicts with the machine's routes: ${own?.Subnet}`,
        {
          code: 'subnet-overlaps',
        },
      );
    }
    const changed = { ...network, spec: { ...spec, subnets: [freeSubnet(taken(network.id))] } };
    db.transaction(() => networks.update(network.id, changed.spec), { durable: false });
    return changed;
  }

  function taken(except?: string): Prefix[] {
    using devices = openNetworkDevices();
    const others = networks.list().filter(({ id }) => id !== except);
    const known = others.flatMap(({ spec }) => spec.subnets.map(({ Subnet }) => parsePrefix(Subnet)));
    return [...known.filter((prefix) => prefix !== undefined), ...machinePrefixes(devices)];
  }

  async function make(network: Network): Promise<number> {
    const name = bridgeName(network);
    const { spec } = network;
    using devices = openNetworkDevices();
    const old = devices.find(name);
    if (old !== undefined && old.alias !== aliasOf(network)) {
      throw new LamellaError('conflict', `network device ${name} exists already, and is not Lamella's`, {
        code: 'bridge-exists',
      });
    }
    if (old === undefined) devices.addBridge({ name, mtu: mtuOf(spec), mac: bridgeMac(network) });
    const index = devices.find(name)?.index;
    if (index === undefined) throw new Error(`device ${name} has gone`);
    const has = new Set(devices.addresses(index).map(({ bytes }) => Buffer.from(bytes).toString('hex')));
    setSysctl(`ipv6/conf/${name}/disable_ipv6`, spec.ipv6 ? '0' : '1');
    for (const address of spec.subnets.map(gatewayAddress)) {
      if (!has.has(Buffer.from(address.bytes).toString('hex'))) devices.addAddress(index, address);
    }
    // Connections to published ports at 127.0.0.1 leave for the container with that as their source.
    setSysctl(`ipv4/conf/${name}/route_localnet`, '1');
    setSysctl('ipv4/ip_forward', '1');
    if (spec.ipv6) setSysctl('ipv6/conf/all/forwarding', '1');
    await allowForwarding(name, key, { ipv6: spec.ipv6 });
    devices.setUp(index);
    // Last: without this name it is not taken for complete.
    devices.setAlias(index, aliasOf(network));
    return index;
  }

  async function applyRules(): Promise<void> {
    mkdirSync(folders.run, { recursive: true, mode: 0o700 });
    await using _ = await lockFile(join(folders.run, 'network-rules.lock'));
    const all = networks.list();
    const bridged = all.some(({ spec }) => spec.subnets.length > 0);
    if (!bridged && !hasTable(table)) return;
    const text = bridged
      ? ruleset(table, all, endpoints.published())
      : `table inet ${table}\ndelete table inet ${table}\n`;
    await runProgram('nft', ['-f', '-'], text);
  }

  async function remove(network: Network): Promise<void> {
    const name = bridgeName(network);
    {
      using devices = openNetworkDevices();
      if (devices.find(name)?.alias === aliasOf(network)) devices.remove(name);
    }
    await Promise.all([applyRules(), removeForwarding(name, key)]);
  }

  return {
    ensure,
    applyRules,
    remove,
    taken: () => taken(),
    async sweep() {
      const strays = (): string[] => {
        using devices = openNetworkDevices();
        return devices
          .list()
          .filter(({ alias }) => {
            const owner = readBridgeAlias(alias);
            return owner?.root === folders.root && networks.get(owner.id) === undefined;
          })
          .map(({ name }) => name);
      };
      if (strays().length === 0) return;
      await using _ = await lockMachine();
      for (const name of strays()) {
        using devices = openNetworkDevices();
        devices.remove(name);
        await removeForwarding(name, key);
      }
      await applyRules();
    },
  };
}

function machinePrefixes(devices: NetworkDevices): Prefix[] {
  return [...devices.routes(), ...devices.addresses()].map(({ bytes, prefixLength }) => ({
    address: fromBytes(bytes),
    length: prefixLength,
  }));
}

/** It has to stay the same: by itself a bridge takes the lowest one of its ports. */
function bridgeMac({ spec }: Network): Buffer {
  return Buffer.concat([Buffer.of(0x02, 0x42), bytesOf(subnetOf(spec, 4)?.Gateway ?? '0.0.0.1')]);
}

const machineLock = '/run/lamella/networks.lock';

async function lockMachine(): Promise<AsyncDisposable> {
  mkdirSync(dirname(machineLock), { recursive: true, mode: 0o711 });
  return await lockFile(machineLock);
}

function forwards(): boolean {
  return readFileSync('/proc/sys/net/ipv4/ip_forward', 'utf8').trim() === '1';
}

/** Nothing happens where it says so already, as it may in a container with /proc/sys for reading only. */
export function setSysctl(name: string, value: string): void {
  const path = join('/proc/sys/net', name);
  try {
    if (readFileSync(path, 'utf8').trim() !== value) writeFileSync(path, value);
  } catch (error) {
    // A kernel without IPv6.
    if (systemErrorCode(error) !== 'ENOENT') throw error;
  }
}
