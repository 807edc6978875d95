import { LamellaError } from '../base/errors.ts';

export type Protocol = 'tcp' | 'udp' | 'sctp';

/** A port of a container: `80/tcp`, where TCP goes without saying. @throws LamellaError invalid `port-invalid` */
export function parsePort(text: string): { port: number; protocol: Protocol } {
  const [, digits = '', protocol = 'tcp'] = /^(\d{1,5})(?:\/(tcp|udp|sctp))?$/i.exec(text) ?? [];
  const port = Number(digits);
  if (digits === '' || port < 1 || port > 65535) throw invalidPort(text);
  return { port, protocol: protocol.toLowerCase() as Protocol };
}

/** `8080` or `8000-8010`, both ends included; undefined for '', which is any port. @throws LamellaError invalid `port-invalid` */
export function parseRange(text: string): { first: number; last: number } | undefined {
  if (text === '' || text === '0') return undefined;
  const [, start = '', end = start] = /^(\d{1,5})(?:-(\d{1,5}))?$/.exec(text) ?? [];
  const [first, last] = [Number(start), Number(end)];
  if (start === '' || first < 1 || last > 65535 || last < first) throw invalidPort(text);
  return { first, last };
}

function invalidPort(text: string): LamellaError {
  return new LamellaError('invalid', `invalid port specification: "${text}"`, { code: 'port-invalid' });
}
