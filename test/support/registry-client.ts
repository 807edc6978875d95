import type { TestContext } from 'node:test';
import { createRegistryClient, type RegistryClientDeps } from '../../src/remote/client/registry-client.ts';
import type { RegistryClient, RepositoryClient } from '../../src/remote/client/repository.ts';
import type { Credential } from '../../src/remote/credentials/credential.ts';
import type { Endpoint, EndpointOutcome, Registries } from '../../src/remote/registries/endpoint.ts';

export interface TestClient {
  readonly client: RegistryClient;
  /** The repository `team/app` of the registry. */
  readonly repository: RepositoryClient;
  readonly pushing: RepositoryClient;
  readonly reports: { readonly url: string; readonly outcome: EndpointOutcome }[];
}

export interface TestClientOptions extends Partial<
  Pick<RegistryClientDeps, 'env' | 'patience' | 'timeouts'>
> {
  readonly domain?: string;
  /** URLs, the registry itself last; mirrors before it. */
  readonly urls: readonly string[];
  readonly tls?: Endpoint['tls'];
  /** By the domain that they are for, or by `domain/path` of one repository. */
  readonly credentials?: Readonly<Record<string, Credential>>;
}

/** A client whose patience is short. */
export function openClient(t: TestContext, options: TestClientOptions): TestClient {
  const { urls, credentials = {}, tls = { verify: true }, env = {} } = options;
  const { host } = new URL(urls.at(-1) ?? '');
  const domain = options.domain ?? host;
  const reports: TestClient['reports'] = [];
  const endpoints = urls.map((url): Endpoint => {
    const isMirror = new URL(url).host !== new URL(urls.at(-1) ?? '').host;
    return { url, isMirror, credentialsOf: isMirror ? new URL(url).host : domain, tls };
  });
  const registries: Registries = {
    endpoints: async (_, purpose) => endpoints.filter(({ isMirror }) => purpose === 'pull' || !isMirror),
    report: ({ url }, outcome) => void reports.push({ url, outcome }),
  };
  const client = createRegistryClient({
    registries,
    credentials: {
      find: async (registry, path) => credentials[`${registry}/${path}`] ?? credentials[registry],
    },
    env,
    userAgent: 'lamella/test',
    patience: { firstDelay: 2, longestDelay: 10, longestRetryAfter: 1500, ...options.patience },
    timeouts: { connect: 2000, idle: 2000, ...options.timeouts },
  });
  t.after(async () => await client[Symbol.asyncDispose]());
  const name = { domain, path: 'team/app' };
  return {
    client,
    repository: client.repository(name),
    pushing: client.repository(name, { access: 'push', mountFrom: ['team/base'] }),
    reports,
  };
}
