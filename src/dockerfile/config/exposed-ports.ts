import { instructionError } from '../instruction-error.ts';

const protocols: ReadonlySet<string> = new Set(['tcp', 'udp', 'sctp']);

/**
 * The ports that one argument of EXPOSE names: `80`, `53/udp`, `8000-8010/tcp`; what a published port would have before
 * its colon does not count.
 *
 * @returns `number/protocol` each
 */
export function parseExposed(text: string): string[] {
  const [ports = '', protocol = ''] = text.split('/', 2);
  const inside = ports.slice(ports.lastIndexOf(':') + 1);
  const name = protocol.toLowerCase() || 'tcp';
  if (inside === '') throw instructionError(`No port specified: ${text}<empty>`);
  const [first = '', last = first] = inside.split('-', 2);
  const from = parsePort(first);
  const to = parsePort(last);
  if (from === undefined || to === undefined || to < from)
    throw instructionError(`Invalid containerPort: ${inside}`);
  if (!protocols.has(name)) throw instructionError(`Invalid proto: ${protocol}`);
  return Array.from({ length: to - from + 1 }, (_, index) => `${from + index}/${name}`);
}

function parsePort(text: string): number | undefined {
  const port = /^[0-9]{1,5}$/.test(text) ? Number(text) : Infinity;
  return port <= 65_535 ? port : undefined;
}
