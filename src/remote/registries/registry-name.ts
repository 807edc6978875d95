import { isIP } from 'node:net';
import { LamellaError } from '../../base/errors.ts';

/** Docker's own registry, as references name it. */
export const dockerHub = 'docker.io';

/** Where the API of Docker's registry is. */
export const dockerHubHost = 'registry-1.docker.io';

const otherNames: readonly string[] = ['index.docker.io', dockerHubHost];
const label = '[a-z0-9]+(?:[-_]+[a-z0-9]+)*';
const grammar = new RegExp(`^(?:${label}(?:\\.${label})*|\\[[a-f0-9:]+\\])(?::[0-9]{1,5})?$`);

/**
 * A registry as references name it, in lower case; names of Docker's registry become `docker.io`.
 *
 * @throws LamellaError invalid `registry-name-invalid`
 */
export function parseRegistryName(text: string): string {
  const name = text.toLowerCase();
  if (otherNames.includes(name)) return dockerHub;
  if (isHost(name) && (name === 'localhost' || /[.:]/.test(name))) return name;
  throw new LamellaError('invalid', `invalid registry name: ${JSON.stringify(text)}`, {
    code: 'registry-name-invalid',
    hint: 'A registry is HOST[:PORT], such as docker.io or registry.example.com:5000.',
  });
}

/** Whether it may be a server's `HOST[:PORT]`, in lower case, and thereby part of a path. */
export function isHost(text: string): boolean {
  return grammar.test(text) && Number(/(?<=:)\d+$/.exec(portPart(text))?.[0] ?? 0) <= 65535;
}

/** The host without its port, and an IPv6 address without brackets. */
export function hostname(host: string): string {
  return host.replace(/:\d+$/, '').replace(/^\[(.*)\]$/, '$1');
}

/** `localhost`, 127.0.0.0/8 and ::1: insecure with Docker, whatever is configured. */
export function isLoopback(host: string): boolean {
  const name = hostname(host);
  return name === 'localhost' || name === '::1' || (isIP(name) === 4 && name.startsWith('127.'));
}

function portPart(text: string): string {
  return text.slice(text.lastIndexOf(']') + 1);
}
