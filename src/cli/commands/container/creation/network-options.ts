import type { EndpointRequest, NewContainer } from '../../../../engine/ports/container-engine.ts';
import {
  flag,
  list,
  text,
  type FlagOption,
  type ListOption,
  type OptionTable,
  type OptionValues,
  type TextOption,
} from '../../../arguments/options.ts';
import { CliError } from '../../../errors/cli-error.ts';
import { parseExposed, parsePortSpecs } from './port-spec.ts';

/** Names, networks and published ports. */
export interface NetworkOptions extends OptionTable {
  readonly 'add-host': ListOption;
  readonly dns: ListOption;
  readonly 'dns-option': ListOption;
  readonly 'dns-search': ListOption;
  readonly domainname: TextOption;
  readonly expose: ListOption;
  readonly hostname: TextOption;
  readonly ip: TextOption;
  readonly ip6: TextOption;
  readonly link: ListOption;
  readonly 'mac-address': TextOption;
  readonly network: ListOption;
  readonly 'network-alias': ListOption;
  readonly publish: ListOption;
  readonly 'publish-all': FlagOption;
}

export const networkOptions: NetworkOptions = {
  'add-host': list({
    en: 'Add a custom host-to-IP mapping (host:ip)',
    zh: '添加主机名到 IP 的映射（host:ip）',
  }),
  dns: list({ en: 'Set custom DNS servers', zh: '设置 DNS 服务器' }),
  'dns-option': list({ en: 'Set DNS options', zh: '设置 DNS 选项' }, { alias: 'dns-opt' }),
  'dns-search': list({ en: 'Set custom DNS search domains', zh: '设置 DNS 搜索域' }),
  domainname: text({ en: 'Container NIS domain name', zh: '容器的 NIS 域名' }),
  expose: list({ en: 'Expose a port or a range of ports', zh: '暴露端口或端口范围' }),
  hostname: text({ en: 'Container host name', zh: '容器的主机名' }, { short: 'h' }),
  ip: text({ en: 'IPv4 address (e.g., 172.30.100.104)', zh: 'IPv4 地址（例如 172.30.100.104）' }),
  ip6: text({ en: 'IPv6 address (e.g., 2001:db8::33)', zh: 'IPv6 地址（例如 2001:db8::33）' }),
  link: list({ en: 'Add link to another container', zh: '链接到另一个容器' }),
  'mac-address': text({
    en: 'Container MAC address (e.g., 92:d0:c6:0a:29:33)',
    zh: '容器的 MAC 地址（例如 92:d0:c6:0a:29:33）',
  }),
  network: list(
    { en: 'Connect a container to a network', zh: '将容器连接到网络' },
    { alias: 'net', valueName: 'network', choices: ['bridge', 'none', 'host'] },
  ),
  'network-alias': list(
    { en: 'Add network-scoped alias for the container', zh: '为容器添加网络内的别名' },
    { alias: 'net-alias' },
  ),
  publish: list(
    { en: "Publish a container's port(s) to the host", zh: '将容器的端口发布到主机' },
    { short: 'p' },
  ),
  'publish-all': flag(
    { en: 'Publish all exposed ports to random ports', zh: '将所有暴露的端口发布到随机端口' },
    { short: 'P' },
  ),
};

type Endpoint = Partial<EndpointRequest>;

export function networkRequest(options: OptionValues<NetworkOptions>): {
  config: Partial<NewContainer['config']>;
  hostConfig: NonNullable<NewContainer['hostConfig']>;
  endpoints: NonNullable<NewContainer['endpoints']>;
} {
  const { exposed, bindings } = parsePortSpecs(options.publish);
  const networks = options.network.map(parseNetwork);
  const [primary = { name: 'default', endpoint: {} }, ...others] = networks;
  const endpoint = { ...primary.endpoint, ...flagEndpoint(options, primary.endpoint) };
  checkEndpoint(primary.name, endpoint);
  const endpoints = Object.fromEntries([
    ...(Object.keys(endpoint).length > 0 ? [[primary.name, endpoint] as const] : []),
    ...others.map(({ name, endpoint: wanted }) => [name, wanted] as const),
  ]);
  return {
    config: {
      Hostname: options.hostname ?? '',
      Domainname: options.domainname ?? '',
      ExposedPorts: [...new Set([...parseExposed(options.expose), ...exposed])],
    },
    hostConfig: {
      NetworkMode: primary.name,
      PortBindings: bindings,
      PublishAllPorts: options['publish-all'],
      Dns: options.dns.map(checkServer),
      DnsOptions: options['dns-option'],
      DnsSearch: options['dns-search'],
      ExtraHosts: options['add-host'].map(checkExtraHost),
      Links: options.link,
    },
    endpoints,
  };
}

/** What Docker's client itself refuses. */
function checkEndpoint(network: string, { Aliases = [], MacAddress = '' }: Endpoint): void {
  if (Aliases.length > 0 && ['default', 'bridge', 'host', 'none'].includes(network)) {
    throw invalid('network-scoped aliases are only supported for user-defined networks');
  }
  if (MacAddress !== '' && !/^[0-9a-f]{2}(:[0-9a-f]{2}){5}$/i.test(MacAddress)) {
    throw invalid(`${MacAddress} is not a valid mac address`);
  }
}

/** `--network-alias`, `--ip`, …: they concern the first network. */
function flagEndpoint(options: OptionValues<NetworkOptions>, endpoint: Endpoint): Endpoint {
  const aliases = [...(endpoint.Aliases ?? []), ...options['network-alias']];
  return {
    ...(aliases.length > 0 ? { Aliases: aliases } : {}),
    ...(options.ip === undefined ? {} : { IPv4Address: options.ip }),
    ...(options.ip6 === undefined ? {} : { IPv6Address: options.ip6 }),
    ...(options['mac-address'] === undefined ? {} : { MacAddress: options['mac-address'] }),
  };
}

/** A name, or `name=…,alias=…,ip=…` (docker/cli opts/network.go). */
function parseNetwork(text: string): { name: string; endpoint: Endpoint } {
  const invalid = (problem: string): CliError =>
    new CliError(`invalid argument ${JSON.stringify(text)} for "--network" flag: ${problem}`, {
      exitCode: 125,
    });
  if (!text.includes('=')) return { name: text, endpoint: {} };
  const fields = text.split(',').map((field): [string, string] => {
    const equals = field.indexOf('=');
    if (equals === -1) throw invalid(`invalid field ${field}`);
    return [field.slice(0, equals).trim().toLowerCase(), field.slice(equals + 1).trim()];
  });
  const all = (key: string): string[] => fields.filter(([name]) => name === key).map(([, value]) => value);
  const last = (key: string): string | undefined => all(key).at(-1);
  const unknown = fields.find(([key]) => !networkKeys.includes(key));
  if (unknown !== undefined) throw invalid(`invalid field key ${unknown[0]}`);
  const name = last('name');
  if (name === undefined || name === '') throw invalid('network name/id is not specified');
  const priority = last('gw-priority');
  if (priority !== undefined && !/^-?\d+$/.test(priority)) throw invalid(`invalid gw-priority: ${priority}`);
  return {
    name,
    endpoint: {
      ...(all('alias').length > 0 ? { Aliases: all('alias') } : {}),
      ...(last('ip') === undefined ? {} : { IPv4Address: last('ip') ?? '' }),
      ...(last('ip6') === undefined ? {} : { IPv6Address: last('ip6') ?? '' }),
      ...(last('mac-address') === undefined ? {} : { MacAddress: last('mac-address') ?? '' }),
      ...(priority === undefined ? {} : { GwPriority: Number(priority) }),
    },
  };
}

const networkKeys = ['name', 'alias', 'ip', 'ip6', 'mac-address', 'gw-priority'];

/** `name:address` and, since Docker 25, `name=address`. */
export function checkExtraHost(text: string): string {
  const [, name = '', address = ''] = /^([^:=]+)[:=](.+)$/.exec(text) ?? [];
  if (name === '') {
    const problem = `bad format for add-host: ${JSON.stringify(text)}`;
    throw invalid(`invalid argument ${JSON.stringify(text)} for "--add-host" flag: ${problem}`);
  }
  const plain = address.replace(/^\[(.*)\]$/, '$1');
  if (plain !== 'host-gateway' && !isAddress(plain)) {
    throw invalid(
      `invalid argument ${JSON.stringify(text)} for "--add-host" flag: invalid IP address in add-host: ${JSON.stringify(address)}`,
    );
  }
  return `${name}:${plain}`;
}

function checkServer(address: string): string {
  if (!isAddress(address)) {
    throw invalid(
      `invalid argument ${JSON.stringify(address)} for "--dns" flag: IP address is not correctly formatted: ${address}`,
    );
  }
  return address;
}

function isAddress(text: string): boolean {
  return text.includes(':') ? URL.canParse(`http://[${text}]`) : /^(\d{1,3}\.){3}\d{1,3}$/.test(text);
}

function invalid(message: string): CliError {
  return new CliError(message, { exitCode: 125 });
}
