import { isLamellaError } from '../base/errors.ts';
import {
  attribute,
  attribute32,
  attributeText,
  NETLINK_ROUTE,
  NLM_F_CREATE,
  NLM_F_DUMP,
  NLM_F_EXCL,
  openNetlink,
  readAttributes,
} from './netlink.ts';

const RTM_NEWLINK = 16;
const RTM_DELLINK = 17;
const RTM_GETLINK = 18;
const RTM_SETLINK = 19;
const RTM_NEWADDR = 20;
const RTM_GETADDR = 22;
const RTM_NEWROUTE = 24;
const RTM_DELROUTE = 25;
const RTM_GETROUTE = 26;

const IFLA_ADDRESS = 1;
const IFLA_IFNAME = 3;
const IFLA_MTU = 4;
const IFLA_MASTER = 10;
const IFLA_LINKINFO = 18;
const IFLA_IFALIAS = 20;
const IFLA_NET_NS_FD = 28;
const IFLA_INFO_KIND = 1;
const IFLA_INFO_DATA = 2;
const VETH_INFO_PEER = 1;
const IFLA_PROTINFO = 12;
const IFLA_BRPORT_MODE = 4;
const IFLA_BRPORT_ISOLATED = 33;
const NLA_F_NESTED = 0x8000;

const IFA_ADDRESS = 1;
const IFA_LOCAL = 2;
const IFA_BROADCAST = 4;
const IFA_F_NODAD = 2;

const RTA_DST = 1;
const RTA_GATEWAY = 5;

const AF_UNSPEC = 0;
const AF_INET = 2;
const AF_BRIDGE = 7;
const AF_INET6 = 10;
const IFF_UP = 1;

/** An address of 4 or 16 bytes, and how many of its first bits name the network. */
export interface NetworkAddress {
  readonly bytes: Uint8Array;
  readonly prefixLength: number;
}

interface NetworkDevice {
  readonly index: number;
  readonly name: string;
  readonly alias: string;
  readonly isUp: boolean;
  /** `bridge`, `veth`, …; '' for hardware and the loopback device. */
  readonly kind: string;
}

/** Devices, addresses and routes of a network namespace (rtnetlink(7)): the one in which this was opened. */
export interface NetworkDevices extends Disposable {
  find(name: string): NetworkDevice | undefined;
  list(): NetworkDevice[];
  /** Of all devices, or of the one with that index. */
  addresses(index?: number): NetworkAddress[];
  /** Where the main table leads to, default routes left out. */
  routes(): NetworkAddress[];
  /** @throws LamellaError conflict `EEXIST` */
  addBridge(bridge: { name: string; mtu: number | undefined; mac: Uint8Array }): void;
  /** Text that devices carry for people, or for us: at most 255 bytes. */
  setAlias(index: number, alias: string): void;
  /** A pair of devices: one here as a port of a bridge, the other one in the network namespace `namespace`. */
  addPair(pair: DevicePair): void;
  setUp(index: number): void;
  addAddress(index: number, address: NetworkAddress): void;
  /** The gateway's address tells the device. */
  addDefaultRoute(gateway: Uint8Array): void;
  /** Nothing happens where there is none. */
  removeDefaultRoute(family: 4 | 6): void;
  /** Nothing happens where there is none of that name. */
  remove(name: string): void;
}

interface DevicePair {
  readonly name: string;
  /** Index of the bridge. */
  readonly bridge: number;
  /** Ports that are isolated do not reach each other. */
  readonly isolated: boolean;
  /** What came in by it may go out by it: a container that asks for itself by a port of the machine. */
  readonly hairpin: boolean;
  readonly mtu: number | undefined;
  readonly inside: {
    readonly name: string;
    /** Descriptor of the network namespace. */
    readonly namespace: number;
    readonly mac: Uint8Array;
  };
}

export function openNetworkDevices(): NetworkDevices {
  const netlink = openNetlink(NETLINK_ROUTE);

  function find(name: string): NetworkDevice | undefined {
    try {
      const [body] = netlink.request({
        doing: `find device ${name}`,
        type: RTM_GETLINK,
        body: Buffer.concat([linkHeader({}), attributeText(IFLA_IFNAME, name)]),
      });
      return body === undefined ? undefined : readLink(body);
    } catch (error) {
      if (isLamellaError(error) && error.code === 'ENODEV') return undefined;
      throw error;
    }
  }

  return {
    find,
    list: () =>
      netlink
        .request({ doing: 'list devices', type: RTM_GETLINK, flags: NLM_F_DUMP, body: linkHeader({}) })
        .map(readLink),
    addresses: (index) =>
      netlink
        .request({ doing: 'list addresses', type: RTM_GETADDR, flags: NLM_F_DUMP, body: Buffer.alloc(8) })
        .filter((body) => index === undefined || body.readUInt32LE(4) === index)
        .flatMap((body) => {
          const attributes = readAttributes(body.subarray(8));
          const bytes = attributes.get(IFA_LOCAL) ?? attributes.get(IFA_ADDRESS);
          return bytes === undefined ? [] : [{ bytes, prefixLength: body.readUInt8(1) }];
        }),
    routes: () =>
      netlink
        .request({ doing: 'list routes', type: RTM_GETROUTE, flags: NLM_F_DUMP, body: Buffer.alloc(12) })
        .filter((body) => body.readUInt8(4) === mainTable && body.readUInt8(7) === unicast)
        .flatMap((body) => {
          const bytes = readAttributes(body.subarray(12)).get(RTA_DST);
          return bytes === undefined ? [] : [{ bytes, prefixLength: body.readUInt8(1) }];
        }),
    addBridge({ name, mtu, mac }) {
      netlink.request({
        doing: `add bridge ${name}`,
        type: RTM_NEWLINK,
        flags: NLM_F_CREATE | NLM_F_EXCL,
        body: Buffer.concat([
          linkHeader({}),
          attributeText(IFLA_IFNAME, name),
          ...(mtu === undefined ? [] : [attribute32(IFLA_MTU, mtu)]),
          attribute(IFLA_ADDRESS, mac),
          linkInfo('bridge'),
        ]),
      });
    },
    setAlias(index, alias) {
      netlink.request({
        doing: 'name device',
        type: RTM_NEWLINK,
        body: Buffer.concat([linkHeader({ index }), attribute(IFLA_IFALIAS, Buffer.from(alias))]),
      });
    },
    addPair({ name, bridge, isolated, hairpin, mtu, inside }) {
      const size = mtu === undefined ? [] : [attribute32(IFLA_MTU, mtu)];
      const peer = attribute(
        VETH_INFO_PEER | NLA_F_NESTED,
        // It cannot be started before it has its other end.
        linkHeader({}),
        attributeText(IFLA_IFNAME, inside.name),
        attribute(IFLA_ADDRESS, inside.mac),
        attribute32(IFLA_NET_NS_FD, inside.namespace),
        ...size,
      );
      netlink.request({
        doing: `add device ${name}`,
        type: RTM_NEWLINK,
        flags: NLM_F_CREATE | NLM_F_EXCL,
        body: Buffer.concat([
          linkHeader({ up: true }),
          attributeText(IFLA_IFNAME, name),
          attribute32(IFLA_MASTER, bridge),
          ...size,
          linkInfo('veth', peer),
        ]),
      });
      setPort(name, [
        [IFLA_BRPORT_ISOLATED, isolated],
        [IFLA_BRPORT_MODE, hairpin],
      ]);
    },
    setUp(index) {
      netlink.request({ doing: 'start device', type: RTM_NEWLINK, body: linkHeader({ index, up: true }) });
    },
    addAddress(index, { bytes, prefixLength }) {
      const header = Buffer.alloc(8);
      const isFour = bytes.byteLength === 4;
      header.writeUInt8(isFour ? AF_INET : AF_INET6, 0);
      header.writeUInt8(prefixLength, 1);
      header.writeUInt8(isFour ? 0 : IFA_F_NODAD, 2);
      header.writeUInt32LE(index, 4);
      netlink.request({
        doing: 'add address',
        type: RTM_NEWADDR,
        flags: NLM_F_CREATE | NLM_F_EXCL,
        body: Buffer.concat([
          header,
          attribute(IFA_LOCAL, bytes),
          attribute(IFA_ADDRESS, bytes),
          ...(isFour ? [attribute(IFA_BROADCAST, broadcast(bytes, prefixLength))] : []),
        ]),
      });
    },
    addDefaultRoute(gateway) {
      netlink.request({
        doing: 'add default route',
        type: RTM_NEWROUTE,
        flags: NLM_F_CREATE | NLM_F_EXCL,
        body: Buffer.concat([
          routeHeader(gateway.byteLength === 4 ? AF_INET : AF_INET6),
          attribute(RTA_GATEWAY, gateway),
        ]),
      });
    },
    removeDefaultRoute(family) {
      try {
        netlink.request({
          doing: 'remove default route',
          type: RTM_DELROUTE,
          body: routeHeader(family === 4 ? AF_INET : AF_INET6),
        });
      } catch (error) {
        if (!isLamellaError(error) || error.code !== 'ESRCH') throw error;
      }
    },
    remove(name) {
      try {
        netlink.request({
          doing: `remove device ${name}`,
          type: RTM_DELLINK,
          body: Buffer.concat([linkHeader({}), attributeText(IFLA_IFNAME, name)]),
        });
      } catch (error) {
        if (!isLamellaError(error) || error.code !== 'ENODEV') throw error;
      }
    },
    [Symbol.dispose]: () => netlink[Symbol.dispose](),
  };

  function setPort(name: string, flags: readonly (readonly [attribute: number, isSet: boolean])[]): void {
    const wanted = flags.filter(([, isSet]) => isSet);
    if (wanted.length === 0) return;
    netlink.request({
      doing: `set port ${name}`,
      type: RTM_SETLINK,
      body: Buffer.concat([
        linkHeader({ family: AF_BRIDGE, index: find(name)?.index ?? 0 }),
        attribute(IFLA_PROTINFO | NLA_F_NESTED, ...wanted.map(([type]) => attribute(type, Buffer.of(1)))),
      ]),
    });
  }
}

const mainTable = 254;
/** RTN_UNICAST and RTPROT_STATIC of rtnetlink(7). */
const unicast = 1;
const staticRoute = 4;

/** struct ifinfomsg */
function linkHeader({
  family = AF_UNSPEC,
  index = 0,
  up = false,
}: {
  family?: number;
  index?: number;
  up?: boolean;
}): Buffer {
  const header = Buffer.alloc(16);
  header.writeUInt8(family, 0);
  header.writeInt32LE(index, 4);
  if (up) {
    header.writeUInt32LE(IFF_UP, 8);
    header.writeUInt32LE(IFF_UP, 12);
  }
  return header;
}

/** struct rtmsg of a default route */
function routeHeader(family: number): Buffer {
  const header = Buffer.alloc(12);
  header.writeUInt8(family, 0);
  header.writeUInt8(mainTable, 4);
  header.writeUInt8(staticRoute, 5);
  header.writeUInt8(unicast, 7);
  return header;
}

function linkInfo(kind: string, ...data: readonly Buffer[]): Buffer {
  return attribute(
    IFLA_LINKINFO | NLA_F_NESTED,
    attribute(IFLA_INFO_KIND, Buffer.from(kind)),
    ...(data.length > 0 ? [attribute(IFLA_INFO_DATA | NLA_F_NESTED, ...data)] : []),
  );
}

function readLink(body: Buffer): NetworkDevice {
  const attributes = readAttributes(body.subarray(16));
  const text = (type: number, from: ReadonlyMap<number, Buffer> = attributes): string =>
    (from.get(type) ?? Buffer.alloc(0)).toString('utf8').replace(/\0.*$/s, '');
  const info = readAttributes(attributes.get(IFLA_LINKINFO) ?? Buffer.alloc(0));
  return {
    index: body.readInt32LE(4),
    name: text(IFLA_IFNAME),
    alias: text(IFLA_IFALIAS),
    isUp: (body.readUInt32LE(8) & IFF_UP) !== 0,
    kind: text(IFLA_INFO_KIND, info),
  };
}

function broadcast(bytes: Uint8Array, prefixLength: number): Buffer {
  const result = Buffer.from(bytes);
  const hosts = prefixLength === 0 ? 0xffff_ffff : 2 ** (32 - prefixLength) - 1;
  result.writeUInt32BE((result.readUInt32BE(0) | hosts) >>> 0, 0);
  return result;
}
