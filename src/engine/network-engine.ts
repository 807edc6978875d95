import { isLamellaError } from '../base/errors.ts';
import type { JsonObject } from '../base/json.ts';
import { createEventRecorder } from '../events/event-log.ts';
import type { ConnectedContainer } from '../networks/endpoint.ts';
import { demandPrefix } from '../networks/ip.ts';
import { bridgeName, bridgeOptions, mtuOf, type Network } from '../networks/network.ts';
import { createNetworks } from '../networks/networks.ts';
import type { InspectedNetwork } from '../networks/network-service.ts';
import { networkedContainer } from '../runtime/container-network.ts';
import { timeText } from '../runtime/container-json.ts';
import type { Container } from '../runtime/types.ts';
import { completeEndpoint } from './complete-request.ts';
import type { ContainerParts } from './container-engine.ts';
import { filterNetworks } from './network-filters.ts';
import type { NetworkEngine, NetworkSummary } from './ports/network-engine.ts';
import { requireWritable, type Store } from './store.ts';

/** Networks, as commands and the API see them. */
export function createNetworkEngine(store: Store, containers: () => Promise<ContainerParts>): NetworkEngine {
  const { db, settings } = store;
  const { service } = createNetworks({
    db,
    folders: {
      root: settings.root,
      get run() {
        return settings.runFolder;
      },
    },
    record: createEventRecorder(db),
  });

  async function connected(text: string): Promise<{ container: Container; connected: ConnectedContainer }> {
    const container = await (await containers()).find(text);
    const runs = container.status === 'running';
    const { pid = 0, process = '' } = runs ? container.state : {};
    return { container, connected: { ...networkedContainer(container), pid, process } };
  }

  return {
    async create({ name, driver = 'bridge', subnets = [], options = {}, labels = {}, ...flags }) {
      requireWritable(store);
      const { id } = await service.create({
        name,
        driver,
        internal: flags.internal ?? false,
        attachable: flags.attachable ?? false,
        ipv6: flags.ipv6 ?? false,
        subnets: subnets.map((subnet) => ({ IPRange: '', Gateway: '', AuxiliaryAddresses: {}, ...subnet })),
        options,
        labels,
      });
      return { id };
    },
    async list({ filters = {} } = {}) {
      await (await containers()).refresh();
      const all = service.list().map((network) => service.inspect(network.id));
      return filterNetworks(all, filters, ['name', 'id', 'driver', 'type', 'scope', 'label', 'dangling'])
        .map(({ network }) => summaryOf(network))
        .toSorted((one, other) => (one.Name < other.Name ? -1 : 1));
    },
    async inspect(text) {
      await (await containers()).refresh();
      return networkJson(service.inspect(text));
    },
    async remove(text) {
      await (await containers()).refresh();
      await service.remove(text);
    },
    async prune({ filters = {}, dryRun = false } = {}) {
      await (await containers()).refresh();
      const removed = await service.prune(
        (network) =>
          filterNetworks([{ network, endpoints: [] }], filters, ['label', 'label!', 'until']).length > 0,
        { dryRun },
      );
      return { removed };
    },
    async connect(network, text, endpoint = {}) {
      const { container, connected: asked } = await connected(text);
      await service.connect(network, asked, completeEndpoint(endpoint));
      await (await containers()).networkChanged(container.id);
    },
    async disconnect(network, text, { force = false } = {}) {
      try {
        const { container, connected: asked } = await connected(text);
        await service.disconnect(network, asked);
        await (await containers()).networkChanged(container.id);
      } catch (error) {
        // With force one that has gone meanwhile is disconnected well enough.
        if (!force || !isLamellaError(error, 'not-found')) throw error;
        service.inspect(network);
      }
    },
  };
}

function summaryOf({ id, name, createdAt, spec }: Network): NetworkSummary {
  return {
    Name: name,
    Id: id,
    Created: timeText(createdAt),
    Scope: 'local',
    Driver: spec.driver,
    EnableIPv6: spec.ipv6,
    Internal: spec.internal,
    Labels: spec.labels,
  };
}

function networkJson({ network, endpoints }: InspectedNetwork): JsonObject {
  const { spec } = network;
  const lengths = new Map(
    spec.subnets.map(({ Subnet }) => [Subnet.includes(':') ? 6 : 4, demandPrefix(Subnet).length]),
  );
  const withLength = (address: string | undefined, family: 4 | 6): string =>
    address === undefined ? '' : `${address}/${lengths.get(family)}`;
  return {
    Name: network.name,
    Id: network.id,
    Created: timeText(network.createdAt),
    Scope: 'local',
    Driver: spec.driver,
    EnableIPv4: true,
    EnableIPv6: spec.ipv6,
    IPAM: {
      Driver: 'default',
      Options: network.name === spec.driver || spec.driver === 'null' ? null : {},
      Config: spec.driver === 'bridge' ? spec.subnets.map(subnetJson) : null,
    },
    Internal: spec.internal,
    Attachable: spec.attachable,
    Ingress: false,
    ConfigFrom: { Network: '' },
    ConfigOnly: false,
    Containers: Object.fromEntries(
      endpoints.map(({ containerId, name, id, mac, ipv4, ipv6 }) => [
        containerId,
        {
          Name: name,
          EndpointID: id,
          MacAddress: mac,
          IPv4Address: withLength(ipv4, 4),
          IPv6Address: withLength(ipv6, 6),
        },
      ]),
    ),
    Options: network.name === 'bridge' ? defaultBridgeOptions(network) : { ...spec.options },
    Labels: { ...spec.labels },
  };
}

function subnetJson({
  Subnet,
  IPRange,
  Gateway,
  AuxiliaryAddresses,
}: Network['spec']['subnets'][number]): JsonObject {
  return {
    Subnet,
    ...(IPRange === undefined ? {} : { IPRange }),
    Gateway,
    ...(AuxiliaryAddresses === undefined ? {} : { AuxiliaryAddresses: { ...AuxiliaryAddresses } }),
  };
}

/** What Docker shows of the network that is there from the beginning. */
function defaultBridgeOptions(network: Network): JsonObject {
  return {
    [bridgeOptions.isDefault]: 'true',
    [bridgeOptions.icc]: 'true',
    [bridgeOptions.masquerade]: 'true',
    [bridgeOptions.hostAddress]: '0.0.0.0',
    [bridgeOptions.name]: bridgeName(network),
    [bridgeOptions.mtu]: String(mtuOf(network.spec) ?? 1500),
  };
}
