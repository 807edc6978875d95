import type { ContainerSummary } from '../../../engine/ports/container-engine.ts';

interface Port {
  readonly IP?: string;
  readonly PrivatePort: number;
  readonly PublicPort?: number;
  readonly Type: string;
}

interface Group {
  readonly key: string;
  readonly first: number;
  last: number;
}

/** The `PORTS` of `ps`, neighbouring ports as one range, as docker/cli does it (formatter.DisplayablePorts). */
export function portsText(summaries: ContainerSummary['Ports']): string {
  const ports = (summaries as unknown as readonly Port[]).toSorted(compare);
  const groups = new Map<string, Group>();
  const finished: string[] = [];
  const moved: string[] = [];
  for (const { IP = '', PrivatePort: port, PublicPort, Type } of ports) {
    if (IP !== '' && PublicPort !== port) {
      moved.push(`${joined(IP, String(PublicPort))}->${port}/${Type}`);
      continue;
    }
    const key = IP === '' ? Type : `${IP}/${Type}`;
    const group = groups.get(key);
    if (group !== undefined && port === group.last + 1) group.last = port;
    else {
      if (group !== undefined) finished.push(groupText(group));
      groups.set(key, { key, first: port, last: port });
    }
  }
  return [...finished, ...[...groups.values()].map(groupText), ...moved].join(', ');
}

function compare(one: Port, other: Port): number {
  if (one.PrivatePort !== other.PrivatePort) return one.PrivatePort - other.PrivatePort;
  const [ip, otherIp] = [one.IP ?? '', other.IP ?? ''];
  if (ip !== otherIp) return ip < otherIp ? -1 : 1;
  return (one.PublicPort ?? 0) - (other.PublicPort ?? 0) || (one.Type < other.Type ? -1 : 1);
}

function groupText({ key, first, last }: Group): string {
  const range = first === last ? String(first) : `${first}-${last}`;
  const slash = key.indexOf('/');
  if (slash === -1) return `${range}/${key}`;
  return `${joined(key.slice(0, slash), range)}->${range}/${key.slice(slash + 1)}`;
}

function joined(ip: string, port: string): string {
  return ip.includes(':') ? `[${ip}]:${port}` : `${ip}:${port}`;
}
