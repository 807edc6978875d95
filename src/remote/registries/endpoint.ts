/** How a server is to be trusted, as Docker's certs.d and daemon.json say it. */
export interface TlsSettings {
  /** PEM texts of further authorities. */
  readonly ca?: readonly string[];
  /** PEM texts of a client certificate and its key. */
  readonly cert?: string;
  readonly key?: string;
  /** False for a registry that is configured as insecure: any certificate is taken, and plain HTTP where there is no TLS. */
  readonly verify: boolean;
}

/** One server that may answer for a registry: the registry itself, or a mirror of it. */
export interface Endpoint {
  /** Without a slash at its end; the API is at `<url>/v2/`. Often just an origin: `https://registry-1.docker.io`. */
  readonly url: string;
  /** Stands before the path of every repository there: `hub` where a Harbor project of that name proxies docker.io. */
  readonly pathPrefix?: string;
  readonly isMirror: boolean;
  /** It failed or gave wrong content lately: there is no use in waiting for it where one can do without. */
  readonly isPaused?: boolean;
  /** Domain whose credentials this server may see: a mirror has its own, never the registry's. */
  readonly credentialsOf: string;
  readonly tls: TlsSettings;
}

/** What a request to an endpoint has shown of it. */
export type EndpointOutcome =
  | {
      readonly kind: 'answered';
      /** Bytes a second of a body, where one was long enough to tell. */ readonly speed?: number;
    }
  | { readonly kind: 'failed'; readonly reason: string }
  /** It gave something else than its registry says: an older manifest, a page of a captive portal. */
  | { readonly kind: 'wrong'; readonly reason: string };

/** Knows which servers answer for a registry, from files that people write and from what earlier requests have shown. */
export interface Registries {
  /**
   * In the order in which to ask: for `pull` the mirrors and then the registry itself, for `push` the registry alone. An
   * insecure registry appears with https and, after it, with http.
   *
   * @param domain of a reference: `docker.io`, `localhost:5000`
   */
  endpoints(domain: string, purpose: 'pull' | 'push'): Promise<readonly Endpoint[]>;
  /** Those that fail or are slow come later for a while, in other processes too. */
  report(endpoint: Endpoint, outcome: EndpointOutcome): void;
}
