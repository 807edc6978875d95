import type { Database } from '../db/database.ts';
import { isOwnerAlive } from '../db/process-owner.ts';
import { isLive, type Endpoint, type EndpointRequest, type LiveEndpoint } from './endpoint.ts';
import { dnsNames, type NamedEndpoint } from './name-records.ts';
import type { PublishedPort } from './rules.ts';

/** A row of `published_ports`. */
export interface PortRow {
  readonly protocol: 'tcp' | 'udp' | 'sctp';
  /** '' is every address. */
  readonly hostIp: string;
  readonly hostPort: number;
  readonly containerId: string;
  readonly containerPort: number;
  readonly network: string;
}

/** The rows of `endpoints` and `published_ports`. */
export interface EndpointStore {
  insert(endpoint: Pick<Endpoint, 'containerId' | 'network' | 'networkId' | 'request'>): void;
  remove(containerId: string, network: string): void;
  all(): Endpoint[];
  ofContainer(containerId: string): Endpoint[];
  /** Those that run. */
  onNetwork(networkId: string): LiveEndpoint[];
  /** Those that run, by the names that others on the network know them by. */
  named(networkId: string): NamedEndpoint[];
  /** Gives it its addresses. @param holder the process that holds them, see db/process-owner.ts */
  hold(endpoint: LiveEndpoint, holder: string): void;
  /** Passes what a container holds on to another process. */
  passOn(containerId: string, holder: string): void;
  /** @returns whether it held anything; and whether any of it were ports */
  release(containerId: string): { networks: readonly string[]; ports: boolean };
  /** Containers that hold addresses for a process that is dead. */
  abandoned(): string[];
  ports(containerId?: string): PortRow[];
  addPort(port: PortRow): void;
  /** Has the ports of a container that lead nowhere lead to another network's endpoint. @returns how many */
  redirectPorts(containerId: string, network: string): number;
  /** All published ports, with the addresses they lead to. */
  published(): PublishedPort[];
}

interface Row {
  readonly container_id: string;
  readonly network: string;
  readonly network_id: string | null;
  readonly id: string | null;
  readonly spec: string;
  readonly ipv4: string | null;
  readonly ipv6: string | null;
  readonly mac: string | null;
}

interface PortColumns {
  readonly protocol: PortRow['protocol'];
  readonly host_ip: string;
  readonly host_port: number;
  readonly container_id: string;
  readonly container_port: number;
  readonly network: string;
}

const clearing = 'ipv4 = NULL, ipv6 = NULL, mac = NULL, holder = NULL';

export function createEndpointStore(db: Database): EndpointStore {
  const rows = (rest: string, ...values: string[]): Endpoint[] =>
    db.all<Row>(`SELECT * FROM endpoints ${rest}`, ...values).map(fromRow);

  return {
    insert: ({ containerId, network, networkId, request }) =>
      void db.run(
        'INSERT INTO endpoints (container_id, network, network_id, spec) VALUES (?, ?, ?, ?)',
        containerId,
        network,
        networkId ?? null,
        JSON.stringify(request),
      ),
    remove: (containerId, network) =>
      void db.run('DELETE FROM endpoints WHERE container_id = ? AND network = ?', containerId, network),
    all: () => rows('ORDER BY network'),
    ofContainer: (containerId) => rows('WHERE container_id = ? ORDER BY network', containerId),
    onNetwork: (networkId) => rows('WHERE network_id = ? AND ipv4 IS NOT NULL', networkId).filter(isLive),
    named: (networkId) =>
      db
        .all<Row & { name: string; servers: string | null }>(
          `SELECT endpoints.*, containers.name, json_extract(containers.spec, '$.hostConfig.Dns') AS servers
           FROM endpoints JOIN containers ON containers.id = container_id
           WHERE network_id = ? AND ipv4 IS NOT NULL ORDER BY containers.created_at`,
          networkId,
        )
        .map((row) => {
          const { containerId, request, ipv4 = '', ipv6 } = fromRow(row);
          const names = dnsNames({ id: containerId, name: row.name }, request.Aliases);
          return {
            containerId,
            ipv4,
            ipv6,
            names: [...new Set([...names, ...names.map((name) => name.toLowerCase())])],
            servers: JSON.parse(row.servers ?? '[]') as string[],
          };
        }),
    hold: ({ containerId, network, networkId, id, ipv4, ipv6, mac }, holder) =>
      void db.run(
        `UPDATE endpoints SET network_id = ?, id = ?, ipv4 = ?, ipv6 = ?, mac = ?, holder = ?
         WHERE container_id = ? AND network = ?`,
        networkId,
        id,
        ipv4,
        ipv6 ?? null,
        mac,
        holder,
        containerId,
        network,
      ),
    passOn: (containerId, holder) =>
      void db.run(
        'UPDATE endpoints SET holder = ? WHERE container_id = ? AND holder IS NOT NULL',
        holder,
        containerId,
      ),
    release(containerId) {
      const held = rows('WHERE container_id = ? AND ipv4 IS NOT NULL', containerId);
      if (held.length === 0) return { networks: [], ports: false };
      db.run(`UPDATE endpoints SET ${clearing} WHERE container_id = ?`, containerId);
      const ports = db.run('DELETE FROM published_ports WHERE container_id = ?', containerId) > 0;
      return { networks: held.map(({ network }) => network), ports };
    },
    abandoned() {
      const held = db.all<{ container_id: string; holder: string }>(
        `SELECT DISTINCT endpoints.container_id, holder FROM endpoints JOIN containers ON containers.id = container_id
         WHERE holder IS NOT NULL AND status NOT IN ('running', 'paused')`,
      );
      return held.filter(({ holder }) => !isOwnerAlive(holder)).map((row) => row.container_id);
    },
    ports: (containerId) =>
      db
        .all<PortColumns>(
          `SELECT * FROM published_ports ${containerId === undefined ? '' : 'WHERE container_id = ?'}
           ORDER BY container_port, protocol, host_ip, host_port`,
          ...(containerId === undefined ? [] : [containerId]),
        )
        .map((row) => ({
          protocol: row.protocol,
          hostIp: row.host_ip,
          hostPort: row.host_port,
          containerId: row.container_id,
          containerPort: row.container_port,
          network: row.network,
        })),
    addPort: (port) =>
      void db.run(
        `INSERT INTO published_ports (protocol, host_ip, host_port, container_id, container_port, network)
         VALUES (?, ?, ?, ?, ?, ?)`,
        port.protocol,
        port.hostIp,
        port.hostPort,
        port.containerId,
        port.containerPort,
        port.network,
      ),
    redirectPorts: (containerId, network) =>
      db.run(
        `UPDATE published_ports SET network = ? WHERE container_id = ? AND network NOT IN
           (SELECT network FROM endpoints WHERE container_id = ? AND ipv4 IS NOT NULL)`,
        network,
        containerId,
        containerId,
      ),
    published: () =>
      db
        .all<PortColumns & { ipv4: string; ipv6: string | null }>(
          `SELECT published_ports.*, ipv4, ipv6 FROM published_ports
           JOIN endpoints USING (container_id, network) WHERE ipv4 IS NOT NULL`,
        )
        .flatMap((row) => targets(row)),
  };
}

/** Both addresses of a container with a port on every address; else the one of the same family. */
function targets(row: PortColumns & { ipv4: string; ipv6: string | null }): PublishedPort[] {
  const own = row.host_ip.includes(':') ? [row.ipv6] : row.host_ip === '' ? [row.ipv4, row.ipv6] : [row.ipv4];
  return own
    .filter((address) => address !== null)
    .map((containerIp) => ({
      protocol: row.protocol,
      hostIp: row.host_ip,
      hostPort: row.host_port,
      containerIp,
      containerPort: row.container_port,
    }));
}

function fromRow(row: Row): Endpoint {
  return {
    containerId: row.container_id,
    network: row.network,
    networkId: row.network_id ?? undefined,
    id: row.id ?? undefined,
    request: JSON.parse(row.spec) as EndpointRequest,
    ipv4: row.ipv4 ?? undefined,
    ipv6: row.ipv6 ?? undefined,
    mac: row.mac ?? undefined,
  };
}
