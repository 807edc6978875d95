import type { Endpoint, EndpointOutcome, Registries } from './endpoint.ts';

/** The mirrors of one registry, and the file that says so. */
export interface MirrorsOfRegistry {
  /** Domain as in a reference: `docker.io`, `ghcr.io`. */
  readonly registry: string;
  /** URLs in the order in which they are asked. */
  readonly mirrors: readonly string[];
  readonly source: string;
}

/** What people have written about registries, and writing it. */
export interface RegistryFiles {
  /** All that counts, `docker.io` first. */
  mirrors(): Promise<MirrorsOfRegistry[]>;
  /**
   * Makes these, and no others, the mirrors of a registry, in the file of whoever asks.
   *
   * @throws LamellaError invalid `mirror-invalid`, in Docker's words
   */
  setMirrors(registry: string, mirrors: readonly string[]): Promise<MirrorsOfRegistry>;
  /** Names, networks (CIDR) that are configured as insecure, and those that always are. */
  insecure(): Promise<string[]>;
  /** What the client would ask if the URL were a mirror: it need not be one yet. */
  mirrorEndpoint(url: string): Promise<Endpoint>;
}

export function createRegistries(options: {
  readonly env: NodeJS.ProcessEnv;
  /** File that remembers what requests have shown of servers; it may be lost at any time. */
  readonly state: string;
}): Registries & RegistryFiles {
  void options;
  return {
    async endpoints(domain): Promise<readonly Endpoint[]> {
      const host = domain === 'docker.io' ? 'registry-1.docker.io' : domain;
      const insecure = /^(?:localhost|127\.[\d.]+|\[::1\])(?::\d+)?$/.test(host);
      const endpoint = (scheme: string): Endpoint => ({
        url: `${scheme}://${host}`,
        isMirror: false,
        credentialsOf: domain,
        tls: { verify: !insecure },
      });
      return insecure ? [endpoint('https'), endpoint('http')] : [endpoint('https')];
    },
    report(_endpoint: Endpoint, _outcome: EndpointOutcome) {},
    mirrors: async () => [],
    setMirrors: async (registry, mirrors) => ({ registry, mirrors, source: '' }),
    insecure: async () => ['::1/128', '127.0.0.0/8'],
    mirrorEndpoint: async (url) => ({
      url,
      isMirror: true,
      credentialsOf: new URL(url).host,
      tls: { verify: true },
    }),
  };
}
