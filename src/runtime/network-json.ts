import type { JsonObject } from '../base/json.ts';
import { demandPrefix } from '../networks/ip.ts';
import { dnsNames } from '../networks/name-records.ts';
import { hasNames, subnetOf, type Network } from '../networks/network.ts';
import type { Endpoint } from '../networks/endpoint.ts';
import type { NetworkView } from '../networks/network-view.ts';
import { shownNetworkMode } from './shown-network-mode.ts';
import type { Networking } from './container-filters.ts';
import type { Container } from './types.ts';

const noAddresses = {
  EndpointID: '',
  Gateway: '',
  GlobalIPv6Address: '',
  GlobalIPv6PrefixLen: 0,
  IPAddress: '',
  IPPrefixLen: 0,
  IPv6Gateway: '',
  MacAddress: '',
};

/** The `NetworkSettings` of a container's JSON, keys in Docker's order. */
export function networkSettings(container: Container, view: NetworkView): JsonObject {
  const runs = container.status === 'running';
  const networks = Object.fromEntries(
    view.endpoints.map(({ endpoint, network }) => [
      endpoint.network,
      endpointJson(container, endpoint, network),
    ]),
  );
  const mode = shownNetworkMode(container);
  const isShared = mode === 'host' || mode === 'none';
  const shown = isShared ? { [mode]: emptyEndpoint({ NetworkID: view.predefinedId(mode) }) } : networks;
  const standard = view.endpoints.find(({ endpoint }) => endpoint.network === 'bridge');
  return {
    Bridge: '',
    SandboxID: runs ? container.id : '',
    SandboxKey: runs && container.state.pid !== undefined ? `/proc/${container.state.pid}/ns/net` : '',
    Ports: runs ? portsJson(container, view) : {},
    HairpinMode: false,
    LinkLocalIPv6Address: '',
    LinkLocalIPv6PrefixLen: 0,
    SecondaryIPAddresses: null,
    SecondaryIPv6Addresses: null,
    ...(standard === undefined ? noAddresses : addressesOf(standard.endpoint, standard.network)),
    Networks: shown,
  };
}

/** Ports that it exposes, and where on the machine they are to be found. */
function portsJson({ spec }: Container, { ports, endpoints }: NetworkView): JsonObject {
  const published = Map.groupBy(ports, (port) => `${port.containerPort}/${port.protocol}`);
  const hasSix = endpoints.some(({ endpoint }) => endpoint.ipv6 !== undefined);
  const exposed = Object.keys(spec.config.ExposedPorts ?? {});
  return Object.fromEntries(
    [...new Set([...exposed, ...published.keys()])]
      .toSorted()
      .map((text) => [
        text,
        published
          .get(text)
          ?.flatMap(({ hostIp, hostPort }) =>
            shownAddresses(hostIp, hasSix).map((HostIp) => ({ HostIp, HostPort: String(hostPort) })),
          ) ?? null,
      ]),
  );
}

/** The `Ports` of `ps`: published ones, and those that are only exposed. */
export function portSummaries({ spec, status }: Container, { ports, endpoints }: NetworkView): JsonObject[] {
  if (status !== 'running') return [];
  const hasSix = endpoints.some(({ endpoint }) => endpoint.ipv6 !== undefined);
  const published = ports.flatMap(({ hostIp, hostPort, containerPort, protocol }) =>
    shownAddresses(hostIp, hasSix).map((IP) => ({
      IP,
      PrivatePort: containerPort,
      PublicPort: hostPort,
      Type: protocol,
    })),
  );
  const known = new Set(ports.map(({ containerPort, protocol }) => `${containerPort}/${protocol}`));
  const exposed = Object.keys(spec.config.ExposedPorts ?? {})
    .filter((text) => !known.has(text) && endpoints.length > 0)
    .map((text) => {
      const [port = '', Type = 'tcp'] = text.split('/');
      return { PrivatePort: Number(port), Type };
    });
  return [...published, ...exposed];
}

/** What filters of a list ask of a container's networks. */
export function networkingOf(container: Container, view: NetworkView): Networking {
  const { NetworkMode } = container.spec.hostConfig;
  const isPredefined = NetworkMode === 'host' || NetworkMode === 'none';
  return {
    networks: isPredefined
      ? [{ name: NetworkMode, id: view.predefinedId(NetworkMode) }]
      : view.endpoints.map(({ endpoint, network }) => ({
          name: endpoint.network,
          id: network?.id ?? endpoint.networkId ?? '',
        })),
    ports: portSummaries(container, view).map(({ PrivatePort, PublicPort, Type }) => ({
      inside: Number(PrivatePort),
      outside: Number(PublicPort ?? 0),
      protocol: Type === 'udp' || Type === 'sctp' ? Type : 'tcp',
    })),
  };
}

function shownAddresses(hostIp: string, hasSix: boolean): string[] {
  if (hostIp !== '') return [hostIp];
  return hasSix ? ['0.0.0.0', '::'] : ['0.0.0.0'];
}

function addressesOf(endpoint: Endpoint, network: Network | undefined): JsonObject {
  const { ipv4, ipv6, mac, id } = endpoint;
  if (ipv4 === undefined || network === undefined) return noAddresses;
  const [four, six] = [subnetOf(network.spec, 4), subnetOf(network.spec, 6)];
  return {
    EndpointID: id ?? '',
    Gateway: network.spec.internal ? '' : (four?.Gateway ?? ''),
    GlobalIPv6Address: ipv6 ?? '',
    GlobalIPv6PrefixLen: ipv6 === undefined || six === undefined ? 0 : demandPrefix(six.Subnet).length,
    IPAddress: ipv4,
    IPPrefixLen: four === undefined ? 0 : demandPrefix(four.Subnet).length,
    IPv6Gateway: ipv6 === undefined || network.spec.internal ? '' : (six?.Gateway ?? ''),
    MacAddress: mac ?? '',
  };
}

function endpointJson(container: Container, endpoint: Endpoint, network: Network | undefined): JsonObject {
  const { request } = endpoint;
  const addresses = addressesOf(endpoint, network);
  const isNamed = endpoint.network !== 'bridge' && (network === undefined || hasNames(network));
  const asked = {
    ...(request.IPv4Address === '' ? {} : { IPv4Address: request.IPv4Address }),
    ...(request.IPv6Address === '' ? {} : { IPv6Address: request.IPv6Address }),
  };
  const { Links } = container.spec.hostConfig;
  return emptyEndpoint({
    IPAMConfig: Object.keys(asked).length === 0 ? null : asked,
    Links: isNamed && Links.length > 0 ? [...Links] : null,
    Aliases: request.Aliases.length === 0 ? null : [...request.Aliases],
    DriverOpts: Object.keys(request.DriverOpts).length === 0 ? null : { ...request.DriverOpts },
    GwPriority: request.GwPriority,
    NetworkID: endpoint.networkId ?? '',
    ...addresses,
    DNSNames: isNamed ? dnsNames(container, request.Aliases) : null,
  });
}

/** All keys of Docker's EndpointSettings, in its order, with what is known. */
function emptyEndpoint(known: JsonObject): JsonObject {
  const empty: JsonObject = {
    IPAMConfig: null,
    Links: null,
    Aliases: null,
    MacAddress: '',
    DriverOpts: null,
    GwPriority: 0,
    NetworkID: '',
    EndpointID: '',
    Gateway: '',
    IPAddress: '',
    IPPrefixLen: 0,
    IPv6Gateway: '',
    GlobalIPv6Address: '',
    GlobalIPv6PrefixLen: 0,
    DNSNames: null,
  };
  return { ...empty, ...known };
}
