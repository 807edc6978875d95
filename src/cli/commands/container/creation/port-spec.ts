import type { HostConfig } from '../../../../engine/ports/container-engine.ts';
import { CliError } from '../../../errors/cli-error.ts';

/** What `-p` and `--expose` come to. */
export interface PublishedPorts {
  /** `80/tcp` */
  readonly exposed: readonly string[];
  readonly bindings: HostConfig['PortBindings'];
}

/**
 * Reads `[[address:]hostPort:]containerPort[/protocol]`, where ports may be ranges, as docker/go-connections does
 * (nat.ParsePortSpec).
 *
 * @throws CliError in Docker's words
 */
export function parsePortSpecs(specs: readonly string[]): PublishedPorts {
  const bindings: Record<string, { HostIp: string; HostPort: string }[]> = {};
  for (const spec of specs) {
    for (const { port, binding } of expand(spec)) (bindings[port] ??= []).push(binding);
  }
  return { exposed: Object.keys(bindings), bindings };
}

/** Reads `--expose`: `80`, `80/udp`, `8000-8010/tcp`. */
export function parseExposed(specs: readonly string[]): string[] {
  return specs.flatMap((spec) => {
    if (spec.includes(':'))
      throw new CliError(`invalid port format for --expose: ${spec}`, { exitCode: 125 });
    const [ports = '', protocol = 'tcp'] = splitProtocol(spec);
    const range = parseRange(ports);
    if (range === undefined)
      throw new CliError(`invalid range format for --expose: ${spec}`, { exitCode: 125 });
    return numbers(range).map((port) => `${port}/${protocol}`);
  });
}

interface Range {
  readonly first: number;
  readonly last: number;
}

function* expand(spec: string): Generator<{ port: string; binding: { HostIp: string; HostPort: string } }> {
  const [whole = '', protocol = 'tcp'] = splitProtocol(spec);
  const { address, host, container } = splitParts(whole);
  const inside = parseRange(container);
  if (container === '') throw invalid(`No port specified: ${spec}<empty>`);
  if (inside === undefined) throw invalid(`Invalid containerPort: ${container}`);
  const outside = host === '' ? undefined : parseRange(host);
  if (host !== '' && outside === undefined) throw invalid(`Invalid hostPort: ${host}`);
  if (!['tcp', 'udp', 'sctp'].includes(protocol)) throw invalid(`Invalid proto: ${protocol}`);
  const inner = numbers(inside);
  const outer = outside === undefined ? [] : numbers(outside);
  if (outer.length > 0 && outer.length !== inner.length) {
    // Many ports of the machine for one of the container: one of them that is free.
    if (inner.length !== 1) {
      throw invalid(`Invalid ranges specified for container and host Ports: ${container} and ${host}`);
    }
    yield { port: `${inner[0]}/${protocol}`, binding: { HostIp: address, HostPort: host } };
    return;
  }
  for (const [index, port] of inner.entries()) {
    const hostPort = outer[index];
    yield {
      port: `${port}/${protocol}`,
      binding: { HostIp: address, HostPort: hostPort === undefined ? '' : String(hostPort) },
    };
  }
}

function splitProtocol(spec: string): string[] {
  const [ports = '', protocol] = spec.split('/', 2);
  return [ports, ...(protocol === undefined || protocol === '' ? [] : [protocol.toLowerCase()])];
}

function splitParts(whole: string): { address: string; host: string; container: string } {
  const parts = whole.split(':');
  const container = parts.pop() ?? '';
  const host = parts.pop() ?? '';
  const written = parts.join(':');
  const address = written.replace(/^\[(.*)\]$/, '$1');
  if (address !== '' && (!isAddress(address) || (address.includes(':') && written === address))) {
    throw invalid(`Invalid ip address: ${written}`);
  }
  return { address, host, container };
}

function isAddress(text: string): boolean {
  return /^(\d{1,3}\.){3}\d{1,3}$/.test(text)
    ? text.split('.').every((part) => Number(part) <= 255)
    : /^[0-9a-f:.]+$/i.test(text) && URL.canParse(`http://[${text}]`);
}

function parseRange(text: string): Range | undefined {
  const [, start = '', end = start] = /^(\d{1,5})(?:-(\d{1,5}))?$/.exec(text) ?? [];
  const [first, last] = [Number(start), Number(end)];
  if (start === '' || last > 65535 || last < first) return undefined;
  return { first, last };
}

function numbers({ first, last }: Range): number[] {
  return Array.from({ length: last - first + 1 }, (_, index) => first + index);
}

function invalid(reason: string): CliError {
  return new CliError(reason, { exitCode: 125 });
}
