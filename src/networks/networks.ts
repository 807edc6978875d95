import { namespaceOwner } from '../base/user.ts';
import type { Database } from '../db/database.ts';
import type { RecordEvent } from '../events/event-log.ts';
import { createBridges, type Bridges, type NetworkFolders } from './bridges.ts';
import { createContainerNetworks, type ContainerNetworks } from './container-networks.ts';
import { createEndpointStore, type EndpointStore } from './endpoint-store.ts';
import { createNameServer } from './name-server.ts';
import { createNetworkService, type NetworkService } from './network-service.ts';
import { viewNetworks, type NetworkView } from './network-view.ts';
import { createNetworkStore, type NetworkStore } from './network-store.ts';
import { createRootlessNetworks, noBridges } from './rootless/rootless-networks.ts';

export interface NetworksDeps {
  readonly db: Database;
  readonly folders: NetworkFolders;
  readonly record: RecordEvent;
  readonly now?: () => number;
}

/** Everything that has to do with networks, over one store. */
export interface Networks {
  readonly store: NetworkStore;
  readonly endpoints: EndpointStore;
  readonly bridges: Bridges;
  readonly containers: ContainerNetworks;
  readonly service: NetworkService;
  /** What is to be shown of all containers, or of one. */
  view(containerId?: string): (containerId: string) => NetworkView;
}

export function createNetworks({ db, folders, record, now = Date.now }: NetworksDeps): Networks {
  const store = createNetworkStore(db, folders.root);
  const endpoints = createEndpointStore(db);
  const isRootless = namespaceOwner() !== undefined;
  const bridges = isRootless ? noBridges : createBridges({ db, folders, networks: store, endpoints });
  const names = createNameServer({ run: folders.run, endpoints });
  const rows = createContainerNetworks({ db, networks: store, endpoints, bridges, names, record });
  const containers = isRootless
    ? createRootlessNetworks({ db, run: folders.run, networks: store, endpoints, rows })
    : rows;
  return {
    store,
    endpoints,
    bridges,
    containers,
    view: (containerId) => viewNetworks({ networks: store, endpoints }, containerId),
    service: createNetworkService({ db, store, endpoints, bridges, containers, record, now }),
  };
}
