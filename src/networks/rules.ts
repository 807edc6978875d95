import { bridgeName, connectsContainers, masquerades, type Network } from './network.ts';

/** A port of the machine that leads to a container. */
export interface PublishedPort {
  readonly protocol: 'tcp' | 'udp' | 'sctp';
  /** '' is every address; of the family of `containerIp` otherwise. */
  readonly hostIp: string;
  readonly hostPort: number;
  readonly containerIp: string;
  readonly containerPort: number;
}

/**
 * All rules of a store as one nft(8) script that replaces the table as a whole, whatever was in it.
 *
 *     prerouting, output   a published port becomes the container's address and port
 *     unspoofed            nothing from a bridge reaches the machine's loopback addresses, which published ports open
 *     forward              within a network, out of it, in by published ports; nothing else
 *     postrouting          what leaves a network, and what comes back to it by a published port, is the machine's own
 *
 * Every text in it comes from checked values: names of devices, addresses, numbers.
 */
export function ruleset(
  table: string,
  networks: readonly Network[],
  ports: readonly PublishedPort[],
): string {
  const bridged = networks.filter(({ spec }) => spec.driver === 'bridge' && spec.subnets.length > 0);
  const names = bridged.map((network) => quoted(bridgeName(network)));
  const internal = bridged.filter(({ spec }) => spec.internal).map((network) => quoted(bridgeName(network)));
  return `table inet ${table}
delete table inet ${table}
table inet ${table} {
${namedSet('bridges', 'ifname', names)}
${namedSet('internal', 'ifname', internal)}
${families.map((family) => publishedMaps(family, ports)).join('\n')}
  chain published {
${families.map(publishedRules).join('\n')}
  }
  chain prerouting {
    type nat hook prerouting priority -101; policy accept;
    fib daddr type local jump published
  }
  chain output {
    type nat hook output priority -101; policy accept;
    fib daddr type local jump published
  }
  chain unspoofed {
    type filter hook prerouting priority -301; policy accept;
    iifname @bridges ip daddr 127.0.0.0/8 drop
    iifname @bridges ip6 daddr ::1 drop
  }
  chain forward {
    type filter hook forward priority 0; policy accept;
    iifname != @bridges oifname != @bridges accept
    ct state established,related accept
${bridged.map(withinRule).join('\n')}
    iifname @internal drop
    oifname @internal drop
    oifname @bridges ct status dnat accept
    oifname @bridges drop
  }
  chain postrouting {
    type nat hook postrouting priority 99; policy accept;
    oifname @bridges ip saddr 127.0.0.0/8 masquerade
${bridged.flatMap(masqueradeRules).join('\n')}
  }
}
`;
}

const families = [4, 6] as const;
type Family = (typeof families)[number];

const words = {
  4: { type: 'ipv4_addr', ip: 'ip' },
  6: { type: 'ipv6_addr', ip: 'ip6' },
} as const;

function publishedMaps(family: Family, ports: readonly PublishedPort[]): string {
  const { type } = words[family];
  const own = ports.filter(({ containerIp }) => containerIp.includes(':') === (family === 6));
  const everywhere = own.filter(({ hostIp }) => isEverywhere(hostIp));
  const somewhere = own.filter(({ hostIp }) => !isEverywhere(hostIp));
  const target = ({ containerIp, containerPort }: PublishedPort): string =>
    `${containerIp} . ${containerPort}`;
  return [
    namedMap(
      `anywhere${family}`,
      `inet_proto . inet_service : ${type} . inet_service`,
      everywhere.map((port) => `${port.protocol} . ${port.hostPort} : ${target(port)}`),
    ),
    namedMap(
      `address${family}`,
      `${type} . inet_proto . inet_service : ${type} . inet_service`,
      somewhere.map((port) => `${port.hostIp} . ${port.protocol} . ${port.hostPort} : ${target(port)}`),
    ),
  ].join('\n');
}

function isEverywhere(hostIp: string): boolean {
  return hostIp === '' || hostIp === '0.0.0.0' || hostIp === '::';
}

function publishedRules(family: Family): string {
  const { ip } = words[family];
  return [
    `    dnat ${ip} to ${ip} daddr . meta l4proto . th dport map @address${family}`,
    `    meta nfproto ipv${family} dnat ${ip} to meta l4proto . th dport map @anywhere${family}`,
  ].join('\n');
}

function withinRule(network: Network): string {
  const name = quoted(bridgeName(network));
  return `    iifname ${name} oifname ${name} ${connectsContainers(network.spec) ? 'accept' : 'ct status dnat accept'}`;
}

function masqueradeRules(network: Network): string[] {
  const name = quoted(bridgeName(network));
  return network.spec.subnets.flatMap(({ Subnet }) => {
    const ip = Subnet.includes(':') ? 'ip6' : 'ip';
    return [
      ...(masquerades(network.spec) ? [`    ${ip} saddr ${Subnet} oifname != ${name} masquerade`] : []),
      // The container that asks and the one that answers are on one network: without this the answer would go past us.
      `    ${ip} saddr ${Subnet} ${ip} daddr ${Subnet} ct status dnat masquerade`,
    ];
  });
}

function namedSet(name: string, type: string, elements: readonly string[]): string {
  return `  set ${name} { type ${type};${elementsOf(elements)} }`;
}

function namedMap(name: string, type: string, elements: readonly string[]): string {
  return `  map ${name} { type ${type};${elementsOf(elements)} }`;
}

function elementsOf(elements: readonly string[]): string {
  return elements.length === 0 ? '' : ` elements = { ${elements.join(', ')} };`;
}

function quoted(name: string): string {
  return `"${name}"`;
}
