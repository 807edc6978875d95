import type { EndpointRequest } from '../../runtime/host-config.ts';
import type { ApiObject, Filters } from './common.ts';
import type { PruneOptions } from './prune-options.ts';

/** One row of `GET /networks` of the Docker Engine API, as far as lists show it. */
export interface NetworkSummary {
  readonly Id: string;
  readonly Name: string;
  /** RFC 3339. */
  readonly Created: string;
  readonly Scope: 'local';
  readonly Driver: string;
  readonly EnableIPv6: boolean;
  readonly Internal: boolean;
  readonly Labels: Readonly<Record<string, string>>;
}

export interface NewNetwork {
  readonly name: string;
  /** `bridge` */
  readonly driver?: string;
  /** Leads nowhere but to its own containers. */
  readonly internal?: boolean;
  readonly attachable?: boolean;
  readonly ipv6?: boolean;
  /** One of IPv4 and one of IPv6 at most; chosen where none is asked for. */
  readonly subnets?: readonly {
    /** `172.28.0.0/16` */
    readonly Subnet: string;
    /** What container addresses are taken from. */
    readonly IPRange?: string;
    readonly Gateway?: string;
    /** Addresses that no container gets. */
    readonly AuxiliaryAddresses?: Readonly<Record<string, string>>;
  }[];
  /** `com.docker.network.bridge.name`, `com.docker.network.driver.mtu`, … */
  readonly options?: Readonly<Record<string, string>>;
  readonly labels?: Readonly<Record<string, string>>;
}

/**
 * Networks, by their ID, the beginning of one, or a name.
 *
 *     const { id } = await networks.create({ name: 'backend' });
 *     await networks.connect('backend', 'web', { Aliases: ['www'] });
 */
export interface NetworkEngine {
  create(network: NewNetwork): Promise<{ id: string }>;
  /** Sorted by name. Filters: `name`, `id`, `driver`, `type`, `scope`, `label`, `dangling`. */
  list(options?: { filters?: Filters }): Promise<NetworkSummary[]>;
  /** The JSON that `GET /networks/{id}` answers, keys in Docker's order. */
  inspect(network: string): Promise<ApiObject>;
  /** One that containers run on is refused. */
  remove(network: string): Promise<void>;
  /** Removes those that no running container is on. @returns their names */
  prune(options?: PruneOptions): Promise<{ removed: readonly string[] }>;
  connect(network: string, container: string, endpoint?: Partial<EndpointRequest>): Promise<void>;
  disconnect(network: string, container: string, options?: { force?: boolean }): Promise<void>;
}
