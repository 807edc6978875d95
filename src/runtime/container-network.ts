import { LamellaError } from '../base/errors.ts';
import { namespaceOwner } from '../base/user.ts';
import type { LiveEndpoint, NetworkedContainer } from '../networks/endpoint.ts';
import { isNetwork, type ContainerNetworks } from '../networks/container-networks.ts';
import { hasEnded } from './exit-record.ts';
import type { ContainerStore } from './container-store.ts';
import type { HostNetwork } from './host-files.ts';
import type { Container } from './types.ts';

/** The network of a container that is about to start. */
export interface StartingNetwork extends Disposable {
  /** Path of a network namespace to run in; undefined where the OCI runtime makes one, or the machine's is used. */
  readonly namespacePath: string | undefined;
  /** Descriptors that conmon is to hold as long as the container runs. */
  readonly reserved: readonly number[];
  readonly endpoints: readonly LiveEndpoint[];
  /** Name servers of its networks; none where those of the machine are used. */
  readonly nameServers: readonly string[];
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
    return { ...withoutNetwork, namespacePath: networkOfOther(mode.slice('container:'.length), store) };
  }
  if (!isNetwork(mode) || namespaceOwner() !== undefined) return withoutNetwork;
  return await networks.prepare(networkedContainer(container));
}

const withoutNetwork: StartingNetwork = {
  namespacePath: undefined,
  reserved: [],
  endpoints: [],
  nameServers: [],
  connect: () => Promise.resolve(),
  passOn: () => {},
  [Symbol.dispose]: () => {},
};

/** @throws LamellaError conflict `container-not-running` */
function networkOfOther(text: string, store: ContainerStore): string {
  const other = store.find(text);
  const { pid } = other.state;
  if (other.status !== 'running' || pid === undefined || hasEnded(other.state)) {
    throw new LamellaError('conflict', `cannot join network of a non running container: ${other.id}`, {
      code: 'container-not-running',
    });
  }
  return `/proc/${pid}/ns/net`;
}

/** What of it goes into the container's files. */
export function hostNetwork({ endpoints, nameServers }: StartingNetwork): HostNetwork {
  const addresses = endpoints.flatMap(({ ipv4, ipv6 }) => (ipv6 === undefined ? [ipv4] : [ipv4, ipv6]));
  return { addresses, nameServers, hostGateway: '' };
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
