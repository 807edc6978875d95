import type { Endpoint } from '../registries/endpoint.ts';

/** What this process has seen of servers, and holds against them until it ends. */
export interface ServerMemory {
  /** Has given wrong bytes: is asked last from now on. */
  distrust(endpoint: Endpoint): void;
  /** Is an insecure registry's: spoke no TLS where it was asked for, and plain HTTP is what it answered to. */
  speaksPlain(endpoint: Endpoint): void;
  order(endpoints: readonly Endpoint[]): Endpoint[];
}

export function createServerMemory(): ServerMemory {
  const distrusted = new Set<string>();
  const plain = new Set<string>();
  /** The same server by https, of which is known that it only speaks http. */
  const isVain = ({ url }: Endpoint): boolean =>
    url.startsWith('https:') && plain.has(url.replace('https:', 'http:'));
  return {
    distrust: ({ url }) => void distrusted.add(url),
    speaksPlain: ({ url }) => void plain.add(url),
    order(endpoints) {
      const useful = endpoints.filter((endpoint) => !isVain(endpoint));
      return useful.toSorted((a, b) => Number(distrusted.has(a.url)) - Number(distrusted.has(b.url)));
    },
  };
}
