/** How a container is on one network, as far as it was asked for (Docker's EndpointSettings). */
export interface EndpointRequest {
  readonly Aliases: readonly string[];
  readonly IPv4Address: string;
  readonly IPv6Address: string;
  readonly LinkLocalIPs: readonly string[];
  readonly MacAddress: string;
  readonly DriverOpts: Readonly<Record<string, string>>;
  /** The network with the highest one gives the default route. */
  readonly GwPriority: number;
}

/** A port of the machine that a port of a container was asked to be reached by. */
export interface PortBinding {
  /** '' is every address. */
  readonly HostIp: string;
  /** '' takes a free one; `8000-8010` one out of these. */
  readonly HostPort: string;
}

/** A container on a network: its row. The addresses are there while it runs. */
export interface Endpoint {
  readonly containerId: string;
  /** The network's name. */
  readonly network: string;
  readonly networkId: string | undefined;
  readonly id: string | undefined;
  readonly request: EndpointRequest;
  readonly ipv4: string | undefined;
  readonly ipv6: string | undefined;
  readonly mac: string | undefined;
}

/** An endpoint of a container that runs. */
export interface LiveEndpoint extends Endpoint {
  readonly networkId: string;
  readonly id: string;
  readonly ipv4: string;
  readonly mac: string;
}

export function isLive(endpoint: Endpoint): endpoint is LiveEndpoint {
  return endpoint.ipv4 !== undefined && endpoint.networkId !== undefined;
}

/** What networks need to know of a container. */
export interface NetworkedContainer {
  readonly id: string;
  readonly name: string;
  /** `bridge`, `none`, `host`, `container:<id>`, or a network's name. */
  readonly networkMode: string;
  /** By network name; the one of `networkMode` needs no entry. */
  readonly endpoints: Readonly<Record<string, EndpointRequest>>;
  /** By the container's port, `80/tcp`. */
  readonly portBindings: Readonly<Record<string, readonly PortBinding[]>>;
  readonly publishAll: boolean;
  /** `80/tcp` */
  readonly exposedPorts: readonly string[];
}

/** A container to connect with a network or to disconnect from it. */
export interface ConnectedContainer extends NetworkedContainer {
  /** Of its first process, while it runs; 0 otherwise. */
  readonly pid: number;
  /** Names that process, see db/process-owner.ts. */
  readonly process: string;
}

export const noWishes: EndpointRequest = {
  Aliases: [],
  IPv4Address: '',
  IPv6Address: '',
  LinkLocalIPs: [],
  MacAddress: '',
  DriverOpts: {},
  GwPriority: 0,
};
