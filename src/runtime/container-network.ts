import { isLamellaError, LamellaError } from '../base/errors.ts';
import type { NetworkedContainer } from '../networks/endpoint.ts';
import { hasNames, subnetOf } from '../networks/network.ts';
import { isNetwork, type ContainerNetworks } from '../networks/container-networks.ts';
import { hasEnded } from './exit-record.ts';
import type { ContainerStore } from './container-store.ts';
import type { HostNetwork } from './host-files.ts';
import type { Container } from './types.ts';

/** The network of a container that is about to start. */
export interface StartingNetwork extends Disposable {
  /** Path of a network namespace to run in; undefined where the OCI runtime makes one, or the machine's is used. */
  readonly namespacePath: string | undefined;
  /** The container whose network it is, and whose files about it are used. */
  readonly owner: string | undefined;
  /** Descriptors that conmon is to hold as long as the container runs. */
  readonly reserved: readonly number[];
  /** Connects it; the container may begin when that is done. */
  connect(): Promise<void>;
  /** @param holder the container's first process, see db/process-owner.ts */
  passOn(holder: string): void;
}

/** Takes whatever of networks a container needs for a run. */
export async function prepareNetwork(
  container: Container,
  { store, networks }: { store: ContainerStore; networks: ContainerNetworks },
): Promise<StartingNetwork> {
  const { NetworkMode: mode } = container.spec.hostConfig;
  if (mode.startsWith('container:')) {
    return { ...withoutNetwork, ...networkOfOther(mode.slice('container:'.length), store) };
  }
  if (!isNetwork(mode)) return withoutNetwork;
  return { ...(await networks.prepare(networkedContainer(container))), owner: undefined };
}

const withoutNetwork: StartingNetwork = {
  namespacePath: undefined,
  owner: undefined,
  reserved: [],
  connect: () => Promise.resolve(),
  passOn: () => {},
  [Symbol.dispose]: () => {},
};

/** @throws LamellaError conflict `container-not-running` */
function networkOfOther(
  text: string,
  store: ContainerStore,
): Pick<StartingNetwork, 'namespacePath' | 'owner'> {
  const other = store.find(text);
  const { pid } = other.state;
  if (other.status !== 'running' || pid === undefined || hasEnded(other.state)) {
    throw new LamellaError('conflict', `cannot join network of a non running container: ${other.id}`, {
      code: 'container-not-running',
    });
  }
  return { namespacePath: `/proc/${pid}/ns/net`, owner: other.id };
}

/** What a container's networks, those it has now, put into its files. @throws LamellaError `link-invalid` */
export function hostNetwork(
  container: Container,
  { store, networks }: { store: ContainerStore; networks: ContainerNetworks },
): HostNetwork {
  const live = networks.live(container.id);
  const gateways = live.map(({ network }) => subnetOf(network.spec, 4)?.Gateway ?? '');
  const isShared = container.spec.hostConfig.NetworkMode === 'host';
  return {
    addresses: live.flatMap(({ endpoint: { ipv4, ipv6 } }) => (ipv6 === undefined ? [ipv4] : [ipv4, ipv6])),
    nameServers: live.flatMap(({ network }) =>
      hasNames(network) ? (subnetOf(network.spec, 4)?.Gateway ?? '') : [],
    ),
    linked: container.spec.hostConfig.Links.map((link) => linkedHost(link, container, { store, networks })),
    hostGateway: isShared ? '127.0.0.1' : (gateways[0] ?? ''),
  };
}

/** A line for the hosts file: `--link db:database` */
function linkedHost(
  link: string,
  container: Container,
  { store, networks }: { store: ContainerStore; networks: ContainerNetworks },
): [address: string, names: string] {
  const [text = '', alias = text] = link.split(':');
  const other = store.find(text);
  const own = new Set(networks.live(container.id).map(({ network }) => network.id));
  const met = networks.live(other.id).find(({ network }) => own.has(network.id));
  if (other.status !== 'running' || met === undefined) {
    const problem =
      other.status === 'running'
        ? `Cannot link to /${other.name}, as it does not belong to the same network`
        : `Cannot link to a non running container: /${other.name} AS /${container.name}/${alias}`;
    throw new LamellaError('conflict', problem, { code: 'link-invalid' });
  }
  const names = [alias, other.spec.config.Hostname, other.name];
  return [met.endpoint.ipv4, [...new Set(names)].join(' ')];
}

/** A container as networks know it. */
export function networkedContainer({ id, name, spec }: Container): NetworkedContainer {
  const { NetworkMode, PortBindings, PublishAllPorts } = spec.hostConfig;
  return {
    id,
    name,
    networkMode: NetworkMode === 'default' ? 'bridge' : NetworkMode,
    endpoints: Object.fromEntries(
      Object.entries(spec.endpoints).map(([key, value]) => [key === 'default' ? 'bridge' : key, value]),
    ),
    portBindings: PortBindings,
    publishAll: PublishAllPorts,
    exposedPorts: Object.keys(spec.config.ExposedPorts ?? {}),
  };
}

/** Docker's words for whatever keeps a container from its networks. */
export function networkFailed(error: unknown): never {
  if (!isLamellaError(error)) throw error;
  const { kind, code, hint } = error;
  throw new LamellaError(kind, `failed to set up container networking: ${error.message}`, {
    code,
    ...(hint === undefined ? {} : { hint }),
    cause: error,
  });
}
