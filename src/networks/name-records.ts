/** A container as others on its network look it up. */
export interface NamedEndpoint {
  readonly containerId: string;
  readonly ipv4: string;
  readonly ipv6: string | undefined;
  readonly names: readonly string[];
  /** Servers that it asks for names of the world outside; the machine's where there are none. */
  readonly servers: readonly string[];
}

/**
 * A network's file for aardvark-dns (its config/mod.rs): the addresses to listen at, then a line for each container.
 *
 *     172.19.0.1
 *     7fc186019233… 172.19.0.2  web,www,7fc186019233
 */
export function nameRecords(listen: string, endpoints: readonly NamedEndpoint[]): string {
  const lines = endpoints.map(({ containerId, ipv4, ipv6, names, servers }) =>
    [containerId, ipv4, ipv6 ?? '', names.join(','), ...(servers.length > 0 ? [servers.join(',')] : [])].join(
      ' ',
    ),
  );
  return [listen, ...lines, ''].join('\n');
}

/** Docker's DNSNames: the container's name, its aliases, the beginning of its ID. */
export function dnsNames(container: { id: string; name: string }, aliases: readonly string[]): string[] {
  return [...new Set([container.name, ...aliases, container.id.slice(0, 12)])];
}
