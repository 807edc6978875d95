import { readFileSync } from 'node:fs';
import { isLamellaError, LamellaError } from '../base/errors.ts';
import { bindSocket, type BoundSocket } from '../linux/bound-socket.ts';
import type { LiveEndpoint, NetworkedContainer } from './endpoint.ts';
import type { EndpointStore, PortRow } from './endpoint-store.ts';
import { parseAddress, toBytes } from './ip.ts';
import { parsePort, parseRange, type Protocol } from './port-ranges.ts';

interface WantedPort {
  readonly protocol: Protocol;
  readonly containerPort: number;
  readonly hostIp: string;
  readonly hostPort: string;
}

/** What a container asks for: its bindings, and with `-P` a free port for each other port that it exposes. */
function wantedPorts({ portBindings, publishAll, exposedPorts }: NetworkedContainer): WantedPort[] {
  const wanted = Object.entries(portBindings).flatMap(([text, bindings]) => {
    const { port: containerPort, protocol } = parsePort(text);
    const all = bindings.length === 0 ? [{ HostIp: '', HostPort: '' }] : bindings;
    return all.map(({ HostIp: hostIp, HostPort: hostPort }) => ({
      protocol,
      containerPort,
      hostIp,
      hostPort,
    }));
  });
  const named = (text: string): string => `${parsePort(text).port}/${parsePort(text).protocol}`;
  const bound = new Set(Object.keys(portBindings).map(named));
  const exposed = publishAll ? exposedPorts.filter((text) => !bound.has(named(text))) : [];
  return [
    ...wanted,
    ...exposed.map((text) => {
      const { port: containerPort, protocol } = parsePort(text);
      return { protocol, containerPort, hostIp: '', hostPort: '' };
    }),
  ].toSorted((one, other) => Number(one.hostPort === '') - Number(other.hostPort === ''));
}

/**
 * Takes the ports that a container asks for, in the transaction that is open, and binds each of them: so nobody else on
 * the machine has them, nor gets them while one of the sockets is open.
 *
 * @param defaultHostIp of the network, for ports that are asked for without an address
 * @throws LamellaError conflict `port-in-use`, in Docker's words
 */
export function takePorts(
  store: EndpointStore,
  container: NetworkedContainer,
  { endpoint, defaultHostIp }: { endpoint: LiveEndpoint; defaultHostIp: string },
): BoundSocket[] {
  const wanted = wantedPorts(container);
  if (wanted.length === 0) return [];
  const taken = store.ports();
  const sockets: BoundSocket[] = [];
  try {
    for (const { hostIp: asked, ...port } of wanted) {
      const hostIp = asked === '' ? defaultHostIp : asked;
      checkFamily(hostIp, endpoint);
      const row = {
        hostIp,
        protocol: port.protocol,
        containerPort: port.containerPort,
        containerId: container.id,
      };
      const { hostPort, bound } = choose({ ...port, hostIp }, taken, endpoint);
      sockets.push(...bound);
      const chosen: PortRow = { ...row, hostPort, network: endpoint.network };
      taken.push(chosen);
      store.addPort(chosen);
    }
    return sockets;
  } catch (error) {
    for (const socket of sockets) socket[Symbol.dispose]();
    throw isLamellaError(error, 'conflict') ? failure(container, endpoint, error) : error;
  }
}

function choose(
  { protocol, hostIp, hostPort, containerPort }: WantedPort,
  taken: readonly PortRow[],
  endpoint: LiveEndpoint,
): { hostPort: number; bound: BoundSocket[] } {
  const asked = parseRange(hostPort);
  const { first, last } = asked ?? localPorts();
  let problem: LamellaError | undefined;
  for (let port = first; port <= last; port += 1) {
    try {
      if (
        taken.some((row) => row.protocol === protocol && row.hostPort === port && meet(row.hostIp, hostIp))
      ) {
        throw new LamellaError(
          'conflict',
          `Bind for ${hostText(hostIp)}:${port} failed: port is already allocated`,
          { code: 'port-in-use' },
        );
      }
      return {
        hostPort: port,
        // A port that nobody knows yet is kept from others at once; at one that is known, who asks early would wait for ever.
        bound: bindAll({ protocol, hostIp, hostPort: port, containerPort }, endpoint, asked === undefined),
      };
    } catch (error) {
      if (!isLamellaError(error, 'conflict')) throw error;
      problem = error;
    }
  }
  if (asked !== undefined && problem !== undefined) throw problem;
  throw new LamellaError('conflict', 'all ports are allocated', { code: 'port-in-use' });
}

function bindAll(
  {
    protocol,
    hostIp,
    hostPort,
    containerPort,
  }: Pick<PortRow, 'protocol' | 'hostIp' | 'hostPort' | 'containerPort'>,
  { ipv4, ipv6 }: LiveEndpoint,
  isFresh: boolean,
): BoundSocket[] {
  if (protocol === 'sctp') return [];
  const addresses = hostIp === '' ? ['0.0.0.0', ...(ipv6 === undefined ? [] : ['::'])] : [hostIp];
  const bound: BoundSocket[] = [];
  try {
    for (const address of addresses) {
      const socket = bindSocket(protocol, bytesOf(address), hostPort);
      bound.push(socket);
      if (isFresh) socket.listen();
    }
    return bound;
  } catch (error) {
    for (const socket of bound) socket[Symbol.dispose]();
    const inside = hostIp.includes(':') ? `[${ipv6}]` : ipv4;
    throw bindProblem(error, `${hostText(hostIp)}:${hostPort}:${inside}:${containerPort}/${protocol}`);
  }
}

/** Docker's words for what keeps a port from being bound. @param port `0.0.0.0:8080:172.17.0.2:80/tcp` */
export function bindProblem(error: unknown, port: string): unknown {
  if (!isLamellaError(error)) return error;
  const reason = bindReasons.get(error.code);
  if (reason === undefined) return error;
  return new LamellaError('conflict', `failed to bind host port for ${port}: ${reason}`, {
    code: 'port-in-use',
  });
}

const bindReasons: ReadonlyMap<string, string> = new Map([
  ['EADDRINUSE', 'address already in use'],
  ['EADDRNOTAVAIL', 'cannot assign requested address'],
]);

function hostText(hostIp: string): string {
  if (hostIp === '') return '0.0.0.0';
  return hostIp.includes(':') ? `[${hostIp}]` : hostIp;
}

function failure({ name }: NetworkedContainer, { id }: LiveEndpoint, error: LamellaError): LamellaError {
  const message = `driver failed programming external connectivity on endpoint ${name} (${id}): ${error.message}`;
  return new LamellaError('conflict', message, { code: error.code, cause: error });
}

/** Whether two addresses that ports are published on have an address in common. */
function meet(one: string, other: string): boolean {
  if (one === other || one === '' || other === '') return true;
  const isSix = one.includes(':');
  if (isSix !== other.includes(':')) return false;
  const everywhere = isSix ? '::' : '0.0.0.0';
  return one === everywhere || other === everywhere;
}

function checkFamily(hostIp: string, { network, ipv6 }: LiveEndpoint): void {
  if (!hostIp.includes(':') || ipv6 !== undefined) return;
  throw new LamellaError('unsupported', `cannot publish on ${hostIp}: network ${network} has no IPv6`, {
    code: 'ipv6-missing',
    hint: 'Make a network with --ipv6, or publish on an IPv4 address.',
  });
}

/** What the kernel gives to those that ask for any port. */
function localPorts(): { first: number; last: number } {
  const [first = 32768, last = 60999] = readFileSync('/proc/sys/net/ipv4/ip_local_port_range', 'utf8')
    .trim()
    .split(/\s+/)
    .map(Number);
  return { first, last };
}

function bytesOf(text: string): Buffer {
  const address = parseAddress(text);
  if (address !== undefined) return toBytes(address);
  throw new LamellaError('invalid', `invalid IP address: ${text}`, { code: 'address-invalid' });
}
