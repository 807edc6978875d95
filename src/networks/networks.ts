import type { Database } from '../db/database.ts';
import type { RecordEvent } from '../events/event-log.ts';
import { createBridges, type Bridges, type NetworkFolders } from './bridges.ts';
import { createContainerNetworks, type ContainerNetworks } from './container-networks.ts';
import { createEndpointStore, type EndpointStore } from './endpoint-store.ts';
import { createNetworkStore, type NetworkStore } from './network-store.ts';

export interface NetworksDeps {
  readonly db: Database;
  readonly folders: NetworkFolders;
  readonly record: RecordEvent;
}

/** Everything that has to do with networks, over one store. */
export interface Networks {
  readonly store: NetworkStore;
  readonly endpoints: EndpointStore;
  readonly bridges: Bridges;
  readonly containers: ContainerNetworks;
}

export function createNetworks({ db, folders, record }: NetworksDeps): Networks {
  const store = createNetworkStore(db, folders.root);
  const endpoints = createEndpointStore(db);
  const bridges = createBridges({ db, folders, networks: store, endpoints });
  const names = { update: async () => {} };
  return {
    store,
    endpoints,
    bridges,
    containers: createContainerNetworks({ db, networks: store, endpoints, bridges, names, record }),
  };
}
