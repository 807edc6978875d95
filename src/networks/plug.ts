import { openNetworkDevices } from '../linux/network-devices.ts';
import type { NetworkNamespace } from '../linux/network-namespace.ts';
import { setSysctl } from './bridges.ts';
import type { LiveEndpoint } from './endpoint.ts';
import { demandPrefix } from './ip.ts';
import { bytesOf, connectsContainers, mtuOf, subnetOf, type Network } from './network.ts';

/** An endpoint, its network, and that network's bridge. */
export interface Socket {
  readonly endpoint: LiveEndpoint;
  readonly network: Network;
  /** Index of the device. */
  readonly bridge: number;
  /** Name of the device that the container gets: `eth0`. */
  readonly device: string;
}

/** The default gateways of a container, each '' where it has none. */
export interface Gateways {
  readonly ipv4: string;
  readonly ipv6: string;
}

/** Connects a network namespace with a network: a pair of devices, with addresses. All of it goes when the namespace goes. */
export function plug(
  namespace: NetworkNamespace,
  { endpoint, network, bridge, device }: Socket,
  { isPublished }: { isPublished: boolean },
): void {
  const name = outerName(endpoint);
  const mtu = mtuOf(network.spec);
  using devices = openNetworkDevices();
  // That of a container that had this address and has just ended: the kernel takes its time.
  if (devices.find(name) !== undefined) devices.remove(name);
  devices.addPair({
    name,
    bridge,
    mtu,
    isolated: !connectsContainers(network.spec),
    hairpin: isPublished,
    inside: { name: device, namespace: namespace.fd, mac: macBytes(endpoint.mac) },
  });
  namespace.run(() => {
    using inside = openNetworkDevices();
    const index = inside.find(device)?.index;
    if (index === undefined) throw new Error(`device ${device} has gone`);
    setSysctl(`ipv6/conf/${device}/disable_ipv6`, endpoint.ipv6 === undefined ? '1' : '0');
    inside.setUp(index);
    for (const address of [endpoint.ipv4, endpoint.ipv6]) {
      if (address === undefined) continue;
      const subnet = subnetOf(network.spec, address.includes(':') ? 6 : 4);
      const prefixLength = demandPrefix(subnet?.Subnet ?? '').length;
      inside.addAddress(index, { bytes: bytesOf(address), prefixLength });
    }
  });
}

/** The next name for a device in it: `eth1`. */
export function freeDevice(namespace: NetworkNamespace): string {
  return namespace.run(() => {
    using inside = openNetworkDevices();
    const taken = new Set(inside.list().map(({ name }) => name));
    for (let number = 0; ; number += 1) if (!taken.has(`eth${number}`)) return `eth${number}`;
  });
}

/** Takes the connection away from a container that goes on. */
export function unplug(endpoint: LiveEndpoint): void {
  using devices = openNetworkDevices();
  devices.remove(outerName(endpoint));
}

export function startLoopback(namespace: NetworkNamespace): void {
  namespace.run(() => {
    using inside = openNetworkDevices();
    inside.setUp(inside.find('lo')?.index ?? 1);
  });
}

/** Where packets go that are for none of the container's own networks. */
export function setDefaultRoutes(namespace: NetworkNamespace, gateways: Gateways): void {
  namespace.run(() => {
    using inside = openNetworkDevices();
    for (const [family, gateway] of [
      [4, gateways.ipv4],
      [6, gateways.ipv6],
    ] as const) {
      inside.removeDefaultRoute(family);
      if (gateway !== '') inside.addDefaultRoute(bytesOf(gateway));
    }
  });
}

/**
 * The gateways of the networks with the highest priority, by name where that is equal (moby libnetwork sandbox.go).
 */
export function defaultGateways(sockets: readonly Pick<Socket, 'endpoint' | 'network'>[]): Gateways {
  const ordered = sockets
    .filter(({ network }) => !network.spec.internal)
    .toSorted(
      (one, other) =>
        other.endpoint.request.GwPriority - one.endpoint.request.GwPriority ||
        (one.network.name < other.network.name ? -1 : 1),
    );
  const gatewayOf = (family: 4 | 6): string => {
    const socket = ordered.find(({ endpoint }) => family === 4 || endpoint.ipv6 !== undefined);
    return socket === undefined ? '' : (subnetOf(socket.network.spec, family)?.Gateway ?? '');
  };
  return { ipv4: gatewayOf(4), ipv6: gatewayOf(6) };
}

/** Of the machine's end: it tells network and address, so that two of one address meet. */
function outerName({ networkId, ipv4 }: LiveEndpoint): string {
  return `v${networkId.slice(0, 6)}${bytesOf(ipv4).toString('hex')}`;
}

function macBytes(mac: string): Buffer {
  return Buffer.from(mac.replaceAll(':', ''), 'hex');
}
