import { lookup } from 'node:dns/promises';
import { BlockList, isIP } from 'node:net';
import { dockerHub, hostname, isHost, isLoopback } from './registry-name.ts';

/** Which registries are insecure: names, and networks in which their addresses may be. */
export interface InsecureList {
  /** As configured, and what always is, as `docker info` lists them. */
  readonly entries: readonly string[];
  /** @param host `HOST[:PORT]` in lower case */
  has(host: string): Promise<boolean>;
}

export type Resolve = (hostname: string) => Promise<readonly string[]>;

/**
 * Docker's rules: a name is matched as it is written, with its port; an address, and what a name resolves to, by network.
 * Names are resolved only where networks other than the loopback's are configured: else whoever answers for DNS could
 * say that a registry is local and have its certificate ignored.
 *
 * @param entries checked by {@link parseInsecureEntry}
 * @param exceptions hosts that are secure whatever network they are in
 */
export function createInsecureList(
  entries: readonly string[],
  exceptions: readonly string[] = [],
  resolve: Resolve = resolveAll,
): InsecureList {
  const networks = new BlockList();
  const ranges = entries.filter((entry) => entry.includes('/'));
  for (const range of ranges) {
    const [address = '', bits] = range.split('/');
    networks.addSubnet(address, Number(bits), family(address));
  }
  const names = new Set(entries.filter((entry) => !entry.includes('/')));
  const secure = new Set([dockerHub, ...exceptions]);
  const contains = (address: string): boolean => networks.check(address, family(address));
  return {
    entries: [...new Set([...entries, '::1/128', '127.0.0.0/8'])],
    async has(host) {
      if (secure.has(host)) return false;
      if (names.has(host) || isLoopback(host)) return true;
      if (ranges.length === 0) return false;
      const name = hostname(host);
      if (isIP(name) !== 0) return contains(name);
      return (await resolve(name)).some(contains);
    },
  };
}

/**
 * An entry of `insecure-registries`: `HOST[:PORT]` or a network. As with Docker a scheme of HTTP is dropped.
 *
 * @returns what is wrong with it as `problem`, in Docker's words
 */
export function parseInsecureEntry(text: string): { readonly entry: string } | { readonly problem: string } {
  const [, scheme, rest = ''] = /^([^:/]*):\/\/(.*)$/.exec(text) ?? [undefined, undefined, text];
  if (scheme !== undefined && !/^https?$/i.test(scheme)) {
    return { problem: `insecure registry ${text} should not contain '://'` };
  }
  const entry = rest.toLowerCase();
  if (isNetwork(entry) || isHost(entry) || isIP(entry) !== 0) return { entry };
  return { problem: `insecure registry ${text} is not valid` };
}

export function isNetwork(text: string): boolean {
  const [, address = '', bits = ''] = /^([^/]+)\/(\d{1,3})$/.exec(text) ?? [];
  const version = isIP(address);
  return version !== 0 && Number(bits) <= (version === 4 ? 32 : 128);
}

function family(address: string): 'ipv4' | 'ipv6' {
  return isIP(address) === 6 ? 'ipv6' : 'ipv4';
}

/** A name that nothing is known of is in no network. */
async function resolveAll(name: string): Promise<readonly string[]> {
  try {
    return (await lookup(name, { all: true })).map(({ address }) => address);
  } catch {
    return [];
  }
}
