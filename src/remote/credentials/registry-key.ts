import { LamellaError } from '../../base/errors.ts';

const hub = 'docker.io';
/** What Docker Hub is called in config.json, and to credential helpers. */
const hubKey = 'https://index.docker.io/v1/';
const hubHosts: ReadonlySet<string> = new Set([hub, 'index.docker.io', 'registry-1.docker.io']);

/** Labels, an address in brackets, a port: what a domain of a reference is, in a length that has an end. */
const domainPattern = /^(?:[a-zA-Z0-9](?:[a-zA-Z0-9.-]{0,252})|\[[a-fA-F0-9:]{2,45}\])(?::[0-9]{1,5})?$/;

/** The key under which Docker keeps what belongs to a registry. */
export function keyOf(domain: string): string {
  return domain === hub ? hubKey : domain;
}

/**
 * The registry that a key of config.json stands for, read as Docker reads it: `https://host/v1/` and `host/` are `host`.
 * A key with another path (`host/team`, as Podman writes it) is for that part of the registry only: see {@link partKeys}.
 */
function domainOfKey(key: string): string | undefined {
  const [, host = '', path = ''] = /^(?:[a-z]+:\/\/)?(?:[^/@]*@)?([^/]*)(.*)$/i.exec(key) ?? [];
  if (!/^\/*(?:v[12]\/*)?$/.test(path)) return undefined;
  return hubHosts.has(host) ? hub : host;
}

/**
 * The registry that somebody names in a command: with or without scheme and path; Docker Hub where there is no name.
 *
 * @throws LamellaError invalid `registry-invalid`
 */
export function registryDomain(text: string | undefined): string {
  if (text === undefined || text === '') return hub;
  const [, host = ''] = /^(?:https?:\/\/)?([^/]*)/i.exec(text) ?? [];
  if (!domainPattern.test(host)) {
    throw new LamellaError('invalid', `invalid registry name: ${JSON.stringify(text)}`, {
      code: 'registry-invalid',
      hint: 'It is a host with or without a port: registry.example.com:5000.',
    });
  }
  return hubHosts.has(host) ? hub : host;
}

/** Whether a key of config.json means the whole registry. */
export function standsFor(key: string, domain: string): boolean {
  return domainOfKey(key) === domain;
}

/** The first of the names that stands for the registry; Docker's own name for it comes before others. */
export function findKey(names: readonly string[], domain: string): string | undefined {
  const key = keyOf(domain);
  return names.includes(key) ? key : names.find((name) => standsFor(name, domain));
}

/**
 * The keys that may stand for a part of the registry in which the repository is, the most specific first
 * (containers-auth.json(5)): `host/team/app`, `host/team`.
 */
export function partKeys(domain: string, path: string): string[] {
  const names = path.split('/');
  return names.map((_, position) => `${domain}/${names.slice(0, names.length - position).join('/')}`);
}
