import type { Endpoint } from './endpoint.ts';
import type { EndpointStore, PortRow } from './endpoint-store.ts';
import type { Network } from './network.ts';
import type { NetworkStore } from './network-store.ts';

/** What is to be shown of a container's networks. */
export interface NetworkView {
  readonly endpoints: readonly { readonly endpoint: Endpoint; readonly network: Network | undefined }[];
  /** Published ports that lead to it now. */
  readonly ports: readonly PortRow[];
  /** Of a network that every store has. */
  predefinedId(name: string): string;
}

/** Reads once what is to be shown of all containers, or of one. */
export function viewNetworks(
  { networks, endpoints }: { networks: NetworkStore; endpoints: EndpointStore },
  containerId?: string,
): (containerId: string) => NetworkView {
  const known = new Map(networks.list().map((network) => [network.id, network]));
  const all = containerId === undefined ? endpoints.all() : endpoints.ofContainer(containerId);
  const byContainer = Map.groupBy(all, (endpoint) => endpoint.containerId);
  const ports = Map.groupBy(endpoints.ports(containerId), (port) => port.containerId);
  return (id) => {
    const own = byContainer.get(id) ?? [];
    const live = new Set(own.filter(({ ipv4 }) => ipv4 !== undefined).map(({ network }) => network));
    return {
      endpoints: own.map((endpoint) => ({ endpoint, network: known.get(endpoint.networkId ?? '') })),
      ports: (ports.get(id) ?? []).filter(({ network }) => live.has(network)),
      predefinedId: (name) => [...known.values()].find((network) => network.name === name)?.id ?? '',
    };
  };
}
