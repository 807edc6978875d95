import type { NetworkAddress } from '../linux/network-devices.ts';
import { demandPrefix, toBytes, parseAddress } from './ip.ts';

/** A network that containers are on: its row. */
export interface Network {
  /** 64 hexadecimal digits. */
  readonly id: string;
  readonly name: string;
  /** Milliseconds since 1970. */
  readonly createdAt: number;
  readonly spec: NetworkSpec;
}

/** What was asked for, with what was chosen where nothing was. */
export interface NetworkSpec {
  readonly driver: NetworkDriver;
  readonly ipv6: boolean;
  /** Leads nowhere but to its own containers. */
  readonly internal: boolean;
  readonly attachable: boolean;
  /** At most one of IPv4, and one of IPv6. */
  readonly subnets: readonly Subnet[];
  /** Whether somebody asked for a subnet; only on such a network can containers ask for addresses. */
  readonly hasOwnSubnet: boolean;
  /** `com.docker.network.bridge.name`, …: as they were given. */
  readonly options: Readonly<Record<string, string>>;
  readonly labels: Readonly<Record<string, string>>;
}

/** `host` is the machine's own, `null` an empty one. */
export type NetworkDriver = 'bridge' | 'host' | 'null';

/** Docker's IPAMConfig. */
export interface Subnet {
  /** `172.18.0.0/16` */
  readonly Subnet: string;
  /** What container addresses are taken from, where that is not the whole subnet. */
  readonly IPRange?: string;
  readonly Gateway: string;
  /** Addresses that are somebody else's, by a name for each. */
  readonly AuxiliaryAddresses?: Readonly<Record<string, string>>;
}

/** Names of those that every store has. */
export const predefinedNames = ['bridge', 'host', 'none'] as const;

export function isPredefined(name: string): boolean {
  return (predefinedNames as readonly string[]).includes(name);
}

/** Docker's options that mean something here. */
export const bridgeOptions = {
  name: 'com.docker.network.bridge.name',
  mtu: 'com.docker.network.driver.mtu',
  icc: 'com.docker.network.bridge.enable_icc',
  masquerade: 'com.docker.network.bridge.enable_ip_masquerade',
  hostAddress: 'com.docker.network.bridge.host_binding_ipv4',
  isDefault: 'com.docker.network.bridge.default_bridge',
} as const;

/** The device that is the network on this machine: at most 15 bytes, as the kernel wants it. */
export function bridgeName({ id, spec }: Pick<Network, 'id' | 'spec'>): string {
  return spec.options[bridgeOptions.name] ?? `br-${id.slice(0, 12)}`;
}

export function mtuOf({ options }: NetworkSpec): number | undefined {
  const text = options[bridgeOptions.mtu];
  return text === undefined || text === '' || text === '0' ? undefined : Number(text);
}

/** Whether containers of the network reach each other. */
export function connectsContainers({ options }: NetworkSpec): boolean {
  return isTrue(options[bridgeOptions.icc] ?? 'true');
}

export function masquerades({ options, internal }: NetworkSpec): boolean {
  return !internal && isTrue(options[bridgeOptions.masquerade] ?? 'true');
}

/** Whether names of containers are known on it; not on the default one, as with Docker. */
export function hasNames({ name, spec }: Pick<Network, 'name' | 'spec'>): boolean {
  return spec.driver === 'bridge' && name !== 'bridge';
}

export function subnetOf({ subnets }: NetworkSpec, family: 4 | 6): Subnet | undefined {
  return subnets.find(({ Subnet }) => Subnet.includes(':') === (family === 6));
}

/** The machine's own address on the network. */
export function gatewayAddress({ Subnet, Gateway }: Subnet): NetworkAddress {
  return { bytes: bytesOf(Gateway), prefixLength: demandPrefix(Subnet).length };
}

export function bytesOf(address: string): Buffer {
  const parsed = parseAddress(address);
  if (parsed === undefined) throw new Error(`not an address: ${address}`);
  return toBytes(parsed);
}

/** As Go's strconv.ParseBool reads it. */
function isTrue(text: string): boolean {
  return ['1', 't', 'T', 'true', 'TRUE', 'True'].includes(text);
}
