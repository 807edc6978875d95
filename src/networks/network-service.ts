import { isLamellaError, LamellaError } from '../base/errors.ts';
import type { Bridges } from './bridges.ts';
import { checkEndpoint } from './check-endpoint.ts';
import type { ContainerNetworks } from './container-networks.ts';
import { newNetwork, type NetworkRequest } from './create-network.ts';
import type { Database } from '../db/database.ts';
import type { RecordEvent } from '../events/event-log.ts';
import type { ConnectedContainer, EndpointRequest, LiveEndpoint } from './endpoint.ts';
import type { EndpointStore } from './endpoint-store.ts';
import { isPredefined, type Network } from './network.ts';
import type { NetworkStore } from './network-store.ts';

/** A network, and the containers that run on it. */
export interface InspectedNetwork {
  readonly network: Network;
  readonly endpoints: readonly (LiveEndpoint & { readonly name: string })[];
}

/** Networks, by their name, their ID, or the beginning of it. */
export interface NetworkService {
  /** @throws LamellaError conflict `network-name-in-use`; what {@link newNetwork} throws */
  create(request: NetworkRequest): Promise<Network>;
  list(): Network[];
  inspect(network: string): InspectedNetwork;
  /** @throws LamellaError forbidden `network-in-use`, `network-predefined` */
  remove(network: string): Promise<Network>;
  /** Removes those that no running container is on, where `matches` holds. @returns their names */
  prune(matches: (network: Network) => boolean, options?: { dryRun?: boolean }): Promise<string[]>;
  connect(network: string, container: ConnectedContainer, request: EndpointRequest): Promise<void>;
  disconnect(network: string, container: ConnectedContainer): Promise<void>;
}

export function createNetworkService({
  db,
  store,
  endpoints,
  bridges,
  containers,
  record,
  now,
}: {
  db: Database;
  store: NetworkStore;
  endpoints: EndpointStore;
  bridges: Bridges;
  containers: ContainerNetworks;
  record: RecordEvent;
  now: () => number;
}): NetworkService {
  function recordEvent(action: 'create' | 'destroy', { id, name, spec }: Network): void {
    record({ type: 'network', action, actor: { id, attributes: { name, type: spec.driver } } });
  }

  function inspect(text: string): InspectedNetwork {
    const network = store.find(text);
    const names = new Map(
      endpoints.named(network.id).map(({ containerId, names: [name = ''] }) => [containerId, name]),
    );
    return {
      network,
      endpoints: endpoints
        .onNetwork(network.id)
        .map((endpoint) => ({ ...endpoint, name: names.get(endpoint.containerId) ?? '' })),
    };
  }

  async function removeUnused(id: string): Promise<Network> {
    await containers.releaseAbandoned();
    const removed = db.transaction(() => {
      const { network, endpoints: active } = inspect(id);
      if (active.length > 0) throw inUse(network, active);
      store.remove(network.id);
      recordEvent('destroy', network);
      return network;
    });
    await bridges.remove(removed);
    return removed;
  }

  return {
    inspect,
    list: () => store.list(),
    async create(request) {
      // Somebody else may take the same subnet before the bridge is there: then another one is looked for.
      const network = db.transaction(() => {
        const made = newNetwork(request, bridges.taken(), now());
        store.insert(made);
        recordEvent('create', made);
        return made;
      });
      try {
        await bridges.ensure(network);
      } catch (error) {
        db.transaction(() => store.remove(network.id));
        await bridges.remove(network).catch(() => {});
        throw error;
      }
      return network;
    },
    async remove(text) {
      const network = store.find(text);
      if (isPredefined(network.name)) {
        throw new LamellaError(
          'forbidden',
          `${network.name} is a pre-defined network and cannot be removed`,
          { code: 'network-predefined' },
        );
      }
      return await removeUnused(network.id);
    },
    async prune(matches, { dryRun = false } = {}) {
      if (!dryRun) await bridges.sweep();
      const names: string[] = [];
      for (const network of store.list()) {
        if (isPredefined(network.name) || !matches(network)) continue;
        if (dryRun) {
          if (inspect(network.id).endpoints.length === 0) names.push(network.name);
          continue;
        }
        try {
          names.push((await removeUnused(network.id)).name);
        } catch (error) {
          if (!isLamellaError(error, 'forbidden') && !isLamellaError(error, 'not-found')) throw error;
        }
      }
      return names;
    },
    async connect(text, container, request) {
      const network = store.find(text);
      checkEndpoint(network.name, request, network.spec);
      await containers.connect(network, container, request);
    },
    async disconnect(text, container) {
      await containers.disconnect(store.find(text), container);
    },
  };
}

function inUse(network: Network, active: InspectedNetwork['endpoints']): LamellaError {
  const list = active.map(({ name, id }) => `name:"${name}" id:"${id.slice(0, 12)}"`).join(', ');
  return new LamellaError(
    'forbidden',
    `error while removing network: network ${network.name} has active endpoints (${list})`,
    { code: 'network-in-use' },
  );
}
