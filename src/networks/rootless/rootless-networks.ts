import { randomBytes } from 'node:crypto';
import { isLamellaError, LamellaError } from '../../base/errors.ts';
import type { Database } from '../../db/database.ts';
import { currentOwner } from '../../db/process-owner.ts';
import type { BoundSocket } from '../../linux/bound-socket.ts';
import type { Bridges } from '../bridges.ts';
import type { ContainerNetworks, PreparedNetwork } from '../container-networks.ts';
import { noWishes, type LiveEndpoint, type NetworkedContainer } from '../endpoint.ts';
import type { EndpointStore } from '../endpoint-store.ts';
import type { NetworkStore } from '../network-store.ts';
import { takePorts } from '../publish-ports.ts';
import { freeAddress } from './connect-options.ts';
import { findConnector, type Connector } from './connector.ts';
import { makeNamespace, namespaceFiles, noteConnector, removeNamespace } from './namespace-file.ts';

export interface RootlessNetworksDeps {
  readonly db: Database;
  /** Folder for what a reboot ends. */
  readonly run: string;
  readonly networks: NetworkStore;
  readonly endpoints: EndpointStore;
  /** Those of the machine's root: rows are written as theirs. */
  readonly rows: ContainerNetworks;
}

/**
 * Networks of an ordinary user's containers. Each has one of its own, which pasta or slirp4netns connects with the
 * machine; it goes by the name of the default network. Networks that containers share would need rights on the machine.
 */
export function createRootlessNetworks(deps: RootlessNetworksDeps): ContainerNetworks {
  const { db, run, networks, endpoints, rows } = deps;

  async function release({ id }: Pick<NetworkedContainer, 'id'>): Promise<void> {
    removeNamespace(namespaceFiles(run, id));
    if (endpoints.ofContainer(id).some(({ ipv4 }) => ipv4 !== undefined)) {
      db.transaction(() => endpoints.release(id), { durable: false });
    }
    await Promise.resolve();
  }

  /** Writes down address and ports, in one transaction. The ports are bound for a moment, to find out that they can be. */
  function take(container: NetworkedContainer): string {
    const bound: BoundSocket[] = [];
    try {
      return db.transaction(
        () => {
          const network = networks.byName('bridge');
          if (network === undefined) throw new Error('there is no default network');
          if (!endpoints.ofContainer(container.id).some((row) => row.network === 'bridge'))
            rows.join(container);
          const row = endpoints.ofContainer(container.id).find((each) => each.network === 'bridge');
          const endpoint: LiveEndpoint = {
            containerId: container.id,
            network: 'bridge',
            request: row?.request ?? noWishes,
            networkId: network.id,
            id: randomBytes(32).toString('hex'),
            ipv4: freeAddress(new Set(endpoints.onNetwork(network.id).map(({ ipv4 }) => ipv4))),
            ipv6: undefined,
            mac: '',
          };
          endpoints.hold(endpoint, currentOwner());
          bound.push(...takePorts(endpoints, container, { endpoint, defaultHostIp: '' }));
          return endpoint.ipv4;
        },
        { durable: false },
      );
    } catch (error) {
      throw isLamellaError(error) && error.code === 'EACCES' ? privilegedPort(container) : error;
    } finally {
      for (const socket of bound) socket[Symbol.dispose]();
    }
  }

  return {
    ...rows,
    release,
    async releaseAbandoned() {
      for (const id of endpoints.abandoned()) await release({ id });
    },
    async prepare(container) {
      refuseNamedNetworks(container);
      const connector = demandConnector();
      for (const id of endpoints.abandoned()) await release({ id });
      await release(container);
      const address = take(container);
      const files = namespaceFiles(run, container.id);
      await makeNamespace(files);
      return {
        namespacePath: files.namespace,
        reserved: [],
        async connect() {
          const ports = endpoints.ports(container.id);
          const { program } = connector;
          refuseSctp(ports);
          noteConnector(files, await connector.connect({ ...files, program, address, ports }));
        },
        passOn: (holder) => db.transaction(() => endpoints.passOn(container.id, holder), { durable: false }),
        [Symbol.dispose]: () => {},
      } satisfies PreparedNetwork;
    },
    nameChanged: () => Promise.resolve(),
    connect: () => Promise.reject(sharedNetworksMissing()),
    disconnect: () => Promise.reject(sharedNetworksMissing()),
  };
}

/** In place of bridges: there are none, and none can be made. */
export const noBridges: Bridges = {
  ensure: () => Promise.reject(sharedNetworksMissing()),
  applyRules: () => Promise.resolve(),
  remove: () => Promise.resolve(),
  sweep: () => Promise.resolve(),
  taken: () => [],
};

function refuseNamedNetworks({ networkMode, endpoints }: NetworkedContainer): void {
  const others = [networkMode, ...Object.keys(endpoints)].filter((name) => name !== 'bridge');
  if (others.length > 0) throw sharedNetworksMissing();
}

function sharedNetworksMissing(): LamellaError {
  return new LamellaError(
    'unsupported',
    'networks that containers share need root: each container of an ordinary user has a network of its own',
    {
      code: 'network-needs-root',
      hint: 'Publish ports with -p, or have one container join the network of another: --network container:NAME',
    },
  );
}

function demandConnector(): Connector {
  const connector = findConnector();
  if (connector !== undefined) return connector;
  throw new LamellaError(
    'unavailable',
    "the network of an ordinary user's container needs pasta or slirp4netns",
    {
      code: 'network-parts-missing',
      hint: 'Install one: apt install passt (or slirp4netns); or use --network none or --network host.',
    },
  );
}

/** Docker's words (rootlesskit). */
function privilegedPort({ portBindings }: NetworkedContainer): LamellaError {
  const asked = Object.values(portBindings)
    .flat()
    .map(({ HostPort }) => Number.parseInt(HostPort, 10))
    .filter((port) => port > 0 && port < 1024);
  const port = Math.min(...asked);
  return new LamellaError('forbidden', `cannot expose privileged port ${port}: permission denied`, {
    code: 'port-privileged',
    hint: `Choose a port from 1024 on; or as root: sysctl net.ipv4.ip_unprivileged_port_start=${port}`,
  });
}

function refuseSctp(ports: readonly { readonly protocol: string }[]): void {
  if (!ports.some(({ protocol }) => protocol === 'sctp')) return;
  throw new LamellaError('unsupported', 'ordinary users cannot publish ports of sctp', {
    code: 'port-needs-root',
  });
}
