import { randomBytes } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { isLamellaError, LamellaError } from '../base/errors.ts';
import type { Database } from '../db/database.ts';
import { currentOwner } from '../db/process-owner.ts';
import type { RecordEvent } from '../events/event-log.ts';
import type { BoundSocket } from '../linux/bound-socket.ts';
import {
  createNetworkNamespace,
  openNetworkNamespace,
  type NetworkNamespace,
} from '../linux/network-namespace.ts';
import type { Bridges } from './bridges.ts';
import { checkEndpoint, checkPorts } from './check-endpoint.ts';
import {
  isLive,
  noWishes,
  type ConnectedContainer,
  type Endpoint,
  type EndpointRequest,
  type LiveEndpoint,
  type NetworkedContainer,
} from './endpoint.ts';
import type { EndpointStore } from './endpoint-store.ts';
import { bridgeOptions, bytesOf, hasNames, subnetOf, type Network } from './network.ts';
import type { NetworkStore } from './network-store.ts';
import {
  defaultGateways,
  freeDevice,
  plug,
  setDefaultRoutes,
  startLoopback,
  unplug,
  type Socket,
} from './plug.ts';
import { bindProblem, takePorts } from './publish-ports.ts';
import { takeAddress } from './take-address.ts';

/** The network of a container that is about to start. */
export interface PreparedNetwork extends Disposable {
  /** Path of its network namespace, for the OCI runtime; good as long as this object is. */
  readonly namespacePath: string;
  /** Descriptors of sockets on its published ports: who has them keeps the ports from others. */
  readonly reserved: readonly number[];
  /** Connects it; the container may begin when that is done. */
  connect(): Promise<void>;
  /** Makes another process the one that holds addresses and ports: see db/process-owner.ts. */
  passOn(holder: string): void;
}

/** What a container's life does to its networks. */
export interface ContainerNetworks {
  /**
   * Writes down on which networks a new container is, in the transaction that is open.
   *
   * @throws LamellaError invalid `endpoint-invalid`, `port-invalid`, `address-invalid`
   */
  join(container: NetworkedContainer): void;
  /**
   * Takes addresses and ports.
   *
   * @throws LamellaError conflict `port-in-use`, `address-in-use`; not-found `network-not-found`; unavailable
   *   `network-parts-missing`
   */
  prepare(container: NetworkedContainer): Promise<PreparedNetwork>;
  /** Gives back what a container held, once it has ended. */
  release(container: Pick<NetworkedContainer, 'id'>): Promise<void>;
  /** Gives back what containers hold that could not be started by a process that has died. */
  releaseAbandoned(): Promise<void>;
  of(containerId: string): readonly Endpoint[];
  /** Those that run, each with its network. */
  live(containerId: string): readonly { readonly endpoint: LiveEndpoint; readonly network: Network }[];
  /** Has the others on its networks know it by the name that it has now. */
  nameChanged(containerId: string): Promise<void>;
  /** Connects one that runs, or writes down that it is to be connected when it starts. */
  connect(network: Network, container: ConnectedContainer, request: EndpointRequest): Promise<void>;
  disconnect(network: Network, container: ConnectedContainer): Promise<void>;
}

export interface ContainerNetworksDeps {
  readonly db: Database;
  readonly networks: NetworkStore;
  readonly endpoints: EndpointStore;
  readonly bridges: Bridges;
  readonly names: NameService;
  readonly record: RecordEvent;
}

/** Tells containers' names on networks that have them. */
export interface NameService {
  /** Has it know the containers that run on these networks now. */
  update(networks: readonly Network[]): Promise<void>;
}

export function createContainerNetworks(deps: ContainerNetworksDeps): ContainerNetworks {
  const { db, networks, endpoints, bridges, names } = deps;

  function join(container: NetworkedContainer): void {
    const { id: containerId, networkMode, endpoints: asked } = container;
    checkPorts(container);
    if (!isNetwork(networkMode)) return;
    const wishes = new Map(Object.entries(asked).map(([name, request]) => [networkName(name), request]));
    const primary = networkName(networkMode);
    if (!wishes.has(primary)) wishes.set(primary, noWishes);
    for (const [network, request] of wishes) {
      const known = networks.byName(network);
      checkEndpoint(network, request, known?.spec);
      endpoints.insert({ containerId, network, networkId: known?.id, request });
    }
  }

  /** By its name, also where its ID was given. */
  function networkName(text: string): string {
    try {
      return networks.find(text).name;
    } catch (error) {
      if (isLamellaError(error, 'not-found')) return text;
      throw error;
    }
  }

  async function openSockets(container: NetworkedContainer): Promise<Omit<Socket, 'endpoint'>[]> {
    if (endpoints.ofContainer(container.id).length === 0)
      db.transaction(() => join(container), { durable: false });
    const primary = networkName(container.networkMode);
    const ordered = endpoints
      .ofContainer(container.id)
      .toSorted((one, other) => Number(other.network === primary) - Number(one.network === primary));
    const sockets: Omit<Socket, 'endpoint'>[] = [];
    for (const [position, { network: name, networkId }] of ordered.entries()) {
      const network = networkId === undefined ? networks.byName(name) : networks.get(networkId);
      if (network === undefined) throw notFound(networkId ?? name);
      const ensured = await bridges.ensure(network);
      sockets.push({ network: ensured.network, bridge: ensured.index, device: `eth${position}` });
    }
    return sockets;
  }

  /** One transaction: all addresses and ports, or none. */
  function take(
    container: NetworkedContainer,
    open: readonly Omit<Socket, 'endpoint'>[],
  ): { sockets: Socket[]; bound: BoundSocket[] } {
    const bound: BoundSocket[] = [];
    try {
      const sockets = db.transaction(
        () => {
          const taken = open.map((socket) => ({
            ...socket,
            endpoint: takeEndpoint(container.id, socket.network, currentOwner()),
          }));
          const way = wayIn(taken);
          if (way !== undefined) bound.push(...takePorts(endpoints, container, way));
          return taken;
        },
        { durable: false },
      );
      return { sockets, bound };
    } catch (error) {
      for (const socket of bound) socket[Symbol.dispose]();
      throw error;
    }
  }

  function takeEndpoint(containerId: string, network: Network, holder: string): LiveEndpoint {
    if (networks.get(network.id) === undefined) throw notFound(network.id);
    const row = endpoints.ofContainer(containerId).find((endpoint) => endpoint.network === network.name);
    if (row === undefined) throw notFound(network.name);
    const live = endpoints.onNetwork(network.id);
    const of = (family: 4 | 6): string | undefined => {
      const subnet = subnetOf(network.spec, family);
      if (subnet === undefined) return undefined;
      const taken = new Set(live.map(({ ipv4, ipv6 }) => (family === 4 ? ipv4 : (ipv6 ?? ''))));
      return takeAddress(subnet, family === 4 ? row.request.IPv4Address : row.request.IPv6Address, taken);
    };
    const ipv4 = of(4);
    if (ipv4 === undefined) throw new Error(`network ${network.name} has no subnet`);
    const endpoint: LiveEndpoint = {
      ...row,
      networkId: network.id,
      id: randomBytes(32).toString('hex'),
      ipv4,
      ipv6: of(6),
      mac: row.request.MacAddress === '' ? macOf(ipv4) : row.request.MacAddress.toLowerCase(),
    };
    endpoints.hold(endpoint, holder);
    return endpoint;
  }

  async function takePatiently(
    container: NetworkedContainer,
    open: readonly Omit<Socket, 'endpoint'>[],
  ): Promise<{ sockets: Socket[]; bound: BoundSocket[] }> {
    for (let attempt = 0; ; attempt += 1) {
      try {
        return take(container, open);
      } catch (error) {
        // The conmon of a container that has just ended may still hold its port.
        const mayPass = isLamellaError(error, 'conflict') && error.message.endsWith('address already in use');
        if (!mayPass || attempt >= 20) throw error;
        await delay(25);
      }
    }
  }

  function recordEvent(action: 'connect' | 'disconnect', network: Network, containerId: string): void {
    deps.record({
      type: 'network',
      action,
      actor: {
        id: network.id,
        attributes: { container: containerId, name: network.name, type: network.spec.driver },
      },
    });
  }

  async function release({ id }: Pick<NetworkedContainer, 'id'>): Promise<void> {
    if (!endpoints.ofContainer(id).some(({ ipv4 }) => ipv4 !== undefined)) return;
    const freed = db.transaction(
      () => {
        const { networks: left, ports } = endpoints.release(id);
        const known = left.map((name) => networks.byName(name)).filter((network) => network !== undefined);
        for (const network of known) recordEvent('disconnect', network, id);
        return { known, ports };
      },
      { durable: false },
    );
    await Promise.all([
      freed.ports ? bridges.applyRules() : undefined,
      names.update(freed.known.filter(hasNames)),
    ]);
  }

  /** Those of its networks that run, as they are now. */
  function liveSockets(containerId: string): Pick<Socket, 'endpoint' | 'network'>[] {
    return endpoints
      .ofContainer(containerId)
      .filter(isLive)
      .flatMap((endpoint) => {
        const network = networks.get(endpoint.networkId);
        return network === undefined ? [] : [{ endpoint, network }];
      });
  }

  /** Has routes and published ports of a running container follow its networks. */
  async function follow(container: ConnectedContainer, namespace: NetworkNamespace): Promise<void> {
    const sockets = liveSockets(container.id);
    setDefaultRoutes(namespace, defaultGateways(sockets));
    const way = wayIn(sockets);
    if (way !== undefined) {
      db.transaction(
        () => {
          if (endpoints.redirectPorts(container.id, way.endpoint.network) > 0) return;
          if (endpoints.ports(container.id).length > 0) return;
          for (const socket of takePorts(endpoints, container, way)) socket[Symbol.dispose]();
        },
        { durable: false },
      );
    }
    if (endpoints.ports(container.id).length > 0) await bridges.applyRules();
  }

  async function plugInto(network: Network, container: ConnectedContainer): Promise<void> {
    const { network: ready, index } = await bridges.ensure(network);
    const endpoint = db.transaction(() => takeEndpoint(container.id, ready, container.process), {
      durable: false,
    });
    using namespace = openNetworkNamespace(`/proc/${container.pid}/ns/net`);
    plug(
      namespace,
      { endpoint, network: ready, bridge: index, device: freeDevice(namespace) },
      { isPublished: hasPorts(container) },
    );
    recordEvent('connect', ready, container.id);
    await Promise.all([follow(container, namespace), names.update([ready].filter(hasNames))]);
  }

  return {
    join,
    async connect(network, container, request) {
      checkConnectable(container, network);
      db.transaction(() => {
        if (endpoints.ofContainer(container.id).some(({ network: name }) => name === network.name)) {
          throw new LamellaError(
            'forbidden',
            `endpoint with name ${container.name} already exists in network ${network.name}`,
            { code: 'endpoint-exists' },
          );
        }
        endpoints.insert({
          containerId: container.id,
          network: network.name,
          networkId: network.id,
          request,
        });
      });
      if (container.pid === 0) return;
      try {
        await plugInto(network, container);
      } catch (error) {
        endpoints.remove(container.id, network.name);
        throw error;
      }
    },
    async disconnect(network, container) {
      const endpoint = endpoints.ofContainer(container.id).find(({ network: name }) => name === network.name);
      if (endpoint === undefined) {
        throw new LamellaError(
          'forbidden',
          `container ${container.id} is not connected to network ${network.name}`,
          { code: 'endpoint-missing' },
        );
      }
      db.transaction(() => endpoints.remove(container.id, network.name));
      if (!isLive(endpoint)) return;
      unplug(endpoint);
      recordEvent('disconnect', network, container.id);
      if (container.pid === 0) return;
      using namespace = openNetworkNamespace(`/proc/${container.pid}/ns/net`);
      await Promise.all([follow(container, namespace), names.update([network].filter(hasNames))]);
    },
    of: (containerId) => endpoints.ofContainer(containerId),
    live: liveSockets,
    nameChanged: (containerId) =>
      names.update(
        liveSockets(containerId)
          .map(({ network }) => network)
          .filter(hasNames),
      ),
    release,
    async releaseAbandoned() {
      for (const id of endpoints.abandoned()) await release({ id });
    },
    async prepare(container) {
      for (const id of endpoints.abandoned()) await release({ id });
      const open = await openSockets(container);
      const { sockets, bound } = await takePatiently(container, open);
      let namespace: NetworkNamespace;
      try {
        namespace = createNetworkNamespace();
      } catch (error) {
        for (const socket of bound) socket[Symbol.dispose]();
        throw error;
      }
      const named = sockets.filter(({ network }) => hasNames(network));
      return {
        namespacePath: `/proc/${process.pid}/fd/${namespace.fd}`,
        reserved: bound.map(({ fd }) => fd),
        async connect() {
          const rules = bound.length > 0 ? bridges.applyRules() : undefined;
          const known = names.update(named.map(({ network }) => network));
          startLoopback(namespace);
          for (const socket of sockets) plug(namespace, socket, { isPublished: bound.length > 0 });
          setDefaultRoutes(namespace, defaultGateways(sockets));
          for (const { network } of sockets) recordEvent('connect', network, container.id);
          await Promise.all([rules, known]);
          for (const socket of bound) listen(socket, container);
        },
        passOn: (holder) => db.transaction(() => endpoints.passOn(container.id, holder), { durable: false }),
        [Symbol.dispose]() {
          namespace[Symbol.dispose]();
          for (const socket of bound) socket[Symbol.dispose]();
        },
      };
    },
  };
}

/** Whether a network mode is a network's name. */
export function isNetwork(mode: string): boolean {
  return mode !== 'none' && mode !== 'host' && !mode.startsWith('container:');
}

/** The network by which published ports lead to the container: the one with the default route, or else the first. */
function wayIn(
  sockets: readonly Pick<Socket, 'endpoint' | 'network'>[],
): { endpoint: LiveEndpoint; defaultHostIp: string } | undefined {
  const { ipv4 } = defaultGateways(sockets);
  const socket = sockets.find(({ network }) => subnetOf(network.spec, 4)?.Gateway === ipv4);
  if (socket === undefined) return undefined;
  return {
    endpoint: socket.endpoint,
    defaultHostIp: socket.network.spec.options[bridgeOptions.hostAddress] ?? '',
  };
}

function listen(socket: BoundSocket, { name }: NetworkedContainer): void {
  try {
    socket.listen();
  } catch (error) {
    const problem = bindProblem(error, 'a published port');
    throw isLamellaError(problem)
      ? new LamellaError(
          'conflict',
          `driver failed programming external connectivity on endpoint ${name}: ${problem.message}`,
          {
            code: 'port-in-use',
          },
        )
      : problem;
  }
}

function macOf(ipv4: string): string {
  return ['02', '42', ...[...bytesOf(ipv4)].map((byte) => byte.toString(16).padStart(2, '0'))].join(':');
}

function notFound(network: string): LamellaError {
  return new LamellaError('not-found', `network ${network} not found`, { code: 'network-not-found' });
}

function hasPorts({ portBindings, publishAll }: NetworkedContainer): boolean {
  return publishAll || Object.keys(portBindings).length > 0;
}

/** @throws LamellaError forbidden `network-mode-invalid` */
function checkConnectable({ networkMode }: NetworkedContainer, network: Network): void {
  const problem =
    networkMode === 'host' || networkMode.startsWith('container:')
      ? 'container sharing network namespace with another container or host cannot be connected to any other network'
      : networkMode === 'none' || network.spec.driver === 'null'
        ? 'container cannot be connected to multiple networks with one of the networks in private (none) mode'
        : network.spec.driver === 'host'
          ? 'container cannot be connected to host network: it has a network of its own'
          : undefined;
  if (problem !== undefined) throw new LamellaError('forbidden', problem, { code: 'network-mode-invalid' });
}
