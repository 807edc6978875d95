import type { HostConfig } from './host-config.ts';
import type { HostNetwork } from './host-files.ts';
import type { ContainerSpec } from './types.ts';

const standardHosts = [
  ['127.0.0.1', 'localhost'],
  ['::1', 'localhost ip6-localhost ip6-loopback'],
  ['fe00::', 'ip6-localnet'],
  ['ff00::', 'ip6-mcastprefix'],
  ['ff02::1', 'ip6-allnodes'],
  ['ff02::2', 'ip6-allrouters'],
] as const;

/**
 * The container's /etc/hosts: what every machine has, what `--add-host` and links say, and its own name at its addresses.
 *
 * @param machine that of the machine, for a container that shares the machine's network
 */
export function hostsFile(
  { config, hostConfig }: ContainerSpec,
  { addresses, linked = [], hostGateway }: HostNetwork,
  machine?: string,
): string {
  const extra = hostConfig.ExtraHosts.flatMap((text): [string, string][] => {
    const { name, address } = splitExtraHost(text);
    const meant = address === 'host-gateway' ? hostGateway : address;
    return meant === '' ? [] : [[meant, name]];
  });
  const own = addresses.map((address) => [address, ownHostNames(config)] as const);
  const lines = [...extra, ...(machine === undefined ? [...linked, ...own] : [])];
  return (machine ?? hostsLines(standardHosts)) + hostsLines(lines);
}

/** @param lines address, then names */
export function hostsLines(lines: readonly (readonly [address: string, names: string])[]): string {
  return lines.map((line) => `${line.join('\t')}\n`).join('');
}

/** `name:address`, or `name=address`; the address may be in brackets. */
function splitExtraHost(text: string): { name: string; address: string } {
  const [, name = '', address = ''] = /^([^:=]*)[:=](.*)$/s.exec(text) ?? [];
  return { name, address: address.replace(/^\[(.*)\]$/, '$1') };
}

/** The names by which a container knows itself. */
export function ownHostNames({ Hostname, Domainname }: ContainerSpec['config']): string {
  return Domainname === '' ? Hostname : `${Hostname}.${Domainname} ${Hostname}`;
}

/** Where the machine has only itself to ask, as Docker does (moby libnetwork/internal/resolvconf). */
const publicServers = ['8.8.8.8', '8.8.4.4'];

/**
 * The container's /etc/resolv.conf: the machine's, with what was asked for in place of its parts.
 *
 * @param machine the machine's
 */
export function resolvConf(
  machine: string,
  { Dns, DnsSearch, DnsOptions }: Pick<HostConfig, 'Dns' | 'DnsSearch' | 'DnsOptions'>,
  { isShared, nameServers }: Pick<HostNetwork, 'nameServers'> & { isShared: boolean },
): string {
  if (isShared && [...Dns, ...DnsSearch, ...DnsOptions].length === 0) return machine;
  const lines = machine.split('\n').map((line) => line.trim().split(/\s+/));
  const valuesOf = (key: string): string[] =>
    lines.filter(([word]) => word === key).flatMap(([, ...rest]) => rest);
  const known = valuesOf('nameserver').filter((address) => isShared || !isLoopback(address));
  // The networks' own server asks those of the machine for names that it does not know.
  const servers = nameServers.length > 0 ? nameServers : Dns.length > 0 ? Dns : known;
  const search = DnsSearch.length > 0 ? DnsSearch.filter((domain) => domain !== '.') : valuesOf('search');
  const options = DnsOptions.length > 0 ? DnsOptions : valuesOf('options');
  return [
    ...(servers.length > 0 ? servers : publicServers).map((address) => `nameserver ${address}`),
    ...(search.length > 0 ? [`search ${search.join(' ')}`] : []),
    ...(options.length > 0 ? [`options ${options.join(' ')}`] : []),
    '',
  ].join('\n');
}

/** Cannot be reached from another network namespace. */
function isLoopback(address: string): boolean {
  return address.startsWith('127.') || address === '::1';
}
